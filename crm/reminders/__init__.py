"""Reminders: rules that look every day or every quarter of an hour for what somebody should be told of, and tell them once.

A rule's question is code of the room that knows the records (`kinds.add_rules`); whether it is asked, how long ahead, at
which hour and whom it tells are data that an administrator tunes. Being told is the business of `crm/notices`.
"""
