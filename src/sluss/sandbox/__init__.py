"""Speaking doubles of the outside networks, for the demo and for tests. In: real protocol talk. Out: answers, and faults on command."""
