"""Keeping the talk under our posts fit to read. In: public messages, people's decisions. Out: matters, steps, and their log.

`docs/moderation.md` tells how it goes. Nothing is done by itself unless the policy says so.
"""
