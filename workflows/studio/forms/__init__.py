"""The editor of forms: fields, preview, what a step shows."""
