"""Sluss: customer service where customers already write."""
