"""Sales opportunities: who might buy what, who develops it by which plan, and how it ends. Which step comes next is drawn in a
diagram; this room says what a step may do and keeps the facts.
"""
