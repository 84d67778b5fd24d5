"""One folder a process: diagram, decision tables, forms, texts, bindings and a page about it."""
