"""Where a case stands: its diagram, its open tasks, its history; starting and ending one."""
