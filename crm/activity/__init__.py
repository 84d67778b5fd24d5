"""The timeline: one list of everything that ever happened to a record. Rooms write to it; it knows none of them."""
