"""Telegram: a bot's private chats, its groups, and the chats of a business account that is connected to it.

In: updates by webhook or by asking. Out: messages, edits, reactions and buttons as values; answers, edits and deletions at Telegram.
"""
