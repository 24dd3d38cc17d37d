"""Web chat: visitors of a company's web site write in, and read the answers there. What they send comes by `visitor`, as envelopes."""
