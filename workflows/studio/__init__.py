"""Where administrators publish processes. Cases and tasks are shown elsewhere."""
