"""Notices to many: an outage or an information, said once and published at chosen accounts, on chats, and to those who asked about it.

In: what a person writes; cases that are about it. Out: publications at networks with their honest state, a line in chats, answers.
"""
