"""The editor of decision tables: try a row out, find gaps and overlaps."""
