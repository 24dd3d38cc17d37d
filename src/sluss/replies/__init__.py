"""Drafts and what becomes of them. In: what an agent writes. Out: an outbound message with its deliveries, or a note."""
