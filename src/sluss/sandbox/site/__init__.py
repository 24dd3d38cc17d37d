"""Norrsken Air's web site in the demo: flights, one's own bookings, baggage, contact, in three languages, with the chat on every page."""
