"""Telling agents what concerns them. In: events of cases. Out: notifications in the bell, on the desktop, by sound, by letter; never twice."""
