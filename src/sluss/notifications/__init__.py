"""Telling agents what concerns them. In: events of cases. Out: the bell, the desktop, a sound, a letter; nothing is told twice."""
