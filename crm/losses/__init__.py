"""Customers who may be lost: who has not ordered for long is warned of, held by measures, given up with a reason, or comes back.

What comes next is drawn in a diagram; this room says what a step may do and keeps the facts.
"""
