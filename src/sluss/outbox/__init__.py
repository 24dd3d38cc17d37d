"""The outbox. In: messages and their recipients, as rows. Out: each handed to its network in order, and an honest state for each."""
