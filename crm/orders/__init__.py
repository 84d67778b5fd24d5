"""Orders of customers, line by line: what was bought, when, for how much. Delivery and payment are not here."""
