"""Canned answers. In: texts that leads and agents keep, in several languages. Out: the fitting one, filled in for one case."""
