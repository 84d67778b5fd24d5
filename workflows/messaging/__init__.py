"""Messages and signals between cases, programs and processes: who waits for what, and what was said."""
