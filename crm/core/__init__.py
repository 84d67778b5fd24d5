"""The ground of every room: configuration, database, time, events, outbox, languages. It knows no business word."""
