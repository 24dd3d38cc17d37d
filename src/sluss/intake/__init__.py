"""What networks delivered, kept before anything understands it.

In: raw bytes from channels. Out: values for cases, or a quarantined envelope.
"""
