"""The Django application that holds the flow of the peer."""
