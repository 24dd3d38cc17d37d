"""WhatsApp by Meta's Cloud API: one telephone number of a company, always private.

In: messages, statuses and news of the account by webhook. Out: answers within a day, approved templates after it.
"""
