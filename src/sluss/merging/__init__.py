"""Bringing together what belongs together, and taking it apart. In: two cases, messages of one, or two customers.

Out: everything moved, with a log of what was moved, from which it all can go back, also after more has come.
"""
