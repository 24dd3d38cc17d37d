"""Cases: one matter of one contact, over all its conversations.

In: understood messages and agents' actions. Out: rows, and events of what happened.
"""
