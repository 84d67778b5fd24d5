"""Between HTTP and the rooms: doors to the database, sessions, errors, languages, security headers, the API's envelope.

It knows accounts, because somebody stands at every door, and no other room.
"""
