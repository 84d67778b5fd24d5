"""Processes with a record type of their own: bindings, pages, API."""
