"""What must be done at a network, until its result is known. In: operations as rows. Out: calls of adapters, honest states."""
