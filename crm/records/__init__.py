"""The furniture that all records share: a room describes its record once, and gets its verbs, queries, pages and API.

Plain functions that take the description (`types.RecordType`); a room calls them, or writes its own where it differs.
Knows no record of any room; rooms know it.
"""
