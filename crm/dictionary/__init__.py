"""The data dictionary: every pick-list in the system, kept by administrators. What a key means in a rule is said by that room."""
