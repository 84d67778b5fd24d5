"""People and what they may do: users, departments, roles, sign-in, tokens. What the permissions mean stands in crm/permissions.py."""
