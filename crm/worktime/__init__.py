"""When work is done: business calendars by department, and reckoning in working time.

`calendar.py` reckons, `kept.py` answers which calendar counts for a department without asking the database each time, and
the rest lets administrators say what the hours are. What is due when is said by the rooms that use it.
"""
