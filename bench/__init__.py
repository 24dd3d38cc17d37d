"""Repeatable measurements, each with the limit that binds it beside it, of the same run on the same machine."""
