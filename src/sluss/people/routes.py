"""The doors."""

ROUTES: list = []
