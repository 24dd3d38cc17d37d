"""All networks of the demo together. In: a company. Out: doubles that are connected as inboxes, and people who live on them."""
