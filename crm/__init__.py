"""The business: customers, service, people. One room a domain; it does not know that processes exist."""
