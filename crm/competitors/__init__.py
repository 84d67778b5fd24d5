"""Competitors: who else offers what we offer, and how they win and lose. What was won and lost against them stands in opportunities."""
