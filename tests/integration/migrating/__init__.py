"""Moving running cases to another version."""
