"""Records whose fields a process describes."""
