"""Tools for the workshop: set-up of assets and test machines, checks of locks and translations.

Nothing here is imported by the product; `make` calls these modules with `python -m tools.<name>`.
"""
