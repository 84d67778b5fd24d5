"""What people do with a task besides claiming and completing it: hand it on, ask, sign, send back, take back, tell, plan.

`rules` says what is allowed and why not, pure; `queries` gathers the facts that they judge by; the other modules are the
verbs themselves, one operation each. Every verb locks the case first and its task then, as a completion does, so that two
of them on one case follow each other; it refuses a screen that is out of date, and writes a line of the case's history.
"""
