"""What happens by itself while a task waits: reminded, urged, escalated, and in the end decided by rule.

Each step of a process may have a ladder; its rungs are a share of the time that the task has, or working minutes before or
after it is due. `rungs.py` reckons, `kept.py` gives each opened task its first appointment, `climbing.py` does what a rung
says when its time has come, and the rest lets administrators write the table.
"""
