"""What colleagues have learnt: articles that are searched, and suggested to whoever handles something like it."""
