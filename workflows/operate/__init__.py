"""Watching and repairing cases."""
