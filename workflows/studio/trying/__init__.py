"""Trying a draft: dry runs, and scenarios that are replayed before publishing."""
