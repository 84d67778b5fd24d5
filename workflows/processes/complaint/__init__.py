"""The process of a complaint: diagram, decision tables, forms, texts and what they may call."""
