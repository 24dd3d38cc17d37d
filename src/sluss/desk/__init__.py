"""The agents' desk. In: requests of signed-in agents, and events. Out: lists, cases, search, files, and rows pushed to open browsers.

Queries fill the values of `screens.py` in sets; every change goes through an action of another slice.
"""
