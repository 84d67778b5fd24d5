"""Bundles and diagrams of other tools: import with a report, export."""
