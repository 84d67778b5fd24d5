"""The task inbox: what waits for a person, and what they can do with it."""
