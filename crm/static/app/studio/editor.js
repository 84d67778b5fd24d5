// The editor of diagrams.
