"""Drafts: what administrators change before they publish it."""
