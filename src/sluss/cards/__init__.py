"""Context cards: what outside systems know about a customer. In: a contact's identities. Out: cards beside the case, late or never.

An outside system is asked when a case is open and no answer is at hand, or puts its cards here by the API. It is never asked within a
transaction, and nothing waits for it.
"""
