"""The customer's screens. In: visitors of a company's web site, by the frame there. Out: messages to intake; what was answered, live."""
