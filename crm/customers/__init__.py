"""Customers and the people in them: who they are, who looks after them. What is done for them stands in other rooms."""
