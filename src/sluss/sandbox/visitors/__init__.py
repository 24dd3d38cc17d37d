"""Simulated visitors of a web site with the chat on it. In: what they say, and trouble on command. Out: the same requests as the frame's.

`client` speaks the wire as the frame does, `faults` is what can go wrong, `stories` what people ask, `life` lets them live in the demo.
"""
