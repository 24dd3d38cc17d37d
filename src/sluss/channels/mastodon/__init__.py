"""Mastodon and what speaks as it does: mentions, answers and quotes in public, posts to mentioned people alone in private.

In: what the server streams, and what is asked for from time to time. Out: posts, to nobody more than who could read what they answer.
"""
