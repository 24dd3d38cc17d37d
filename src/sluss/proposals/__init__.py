"""Cases that may be one and the same: one person by two ways, or one question twice. In: messages as they come. Out: proposals to link.

`docs/search.md` tells how they are found and how well.
"""
