"""Customers and the addresses they write from. In: senders of messages. Out: contacts with their identities."""
