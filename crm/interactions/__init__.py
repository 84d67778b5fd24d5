"""Interactions: every visit, call, mail and message with a customer, and when the next visit is due. Reminders of it are sent elsewhere."""
