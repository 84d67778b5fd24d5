"""Files that people attach: their contents on disk by hash, their names in the database, who may have them.

A file belongs to its uploader alone until it is used by a record, a task or a case; then it is open to whoever may see
one of these. The room knows none of its users: they say who may see what (`queries.show_only`). Files that nobody uses
are swept after a day. Contents are never shown inside a page, only handed out as downloads.
"""
