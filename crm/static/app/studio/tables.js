// The editor of decision tables.
