"""Answers being written. In: what an agent types and attaches. Out: a message with its deliveries, in one transaction, and the way back."""
