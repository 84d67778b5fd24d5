"""Service requests: what a customer asked for, who handles it, and what came of it. Which step comes next is drawn in a
diagram; this room says what a step may do and keeps the facts.
"""
