"""The commands, one module per family: `describe` says what it takes, `run` does it. In: parsed words. Out: an exit code.

What changes something is a `Deed`: carried out by the running server over its control socket, else here under the folder's lock.
"""
