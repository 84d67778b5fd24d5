"""Complaints of customers: what happened, our position, what we decided and did, and whether the customer is content.

Which step comes next is drawn in a diagram; this room says what a step may do and keeps the facts.
"""
