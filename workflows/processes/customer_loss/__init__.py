"""The process of a customer who may be lost: diagram, forms, texts and what they may call."""
