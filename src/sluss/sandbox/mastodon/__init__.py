"""A double of a Mastodon server. In: calls of its interface, orders of trouble, and what people do. Out: answers and a stream of events."""
