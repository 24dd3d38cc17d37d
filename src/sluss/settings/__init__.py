"""The administrator's screens. In: forms. Out: calls of the actions of other slices, and pages about how things stand."""
