"""X: mentions, replies and quotes in public, direct messages in private.

In: what X posts to the inbox's address, and what is asked for from time to time. Out: answers, direct messages, hidden replies.
"""
