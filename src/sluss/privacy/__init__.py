"""What the law gives a customer: to see, to take along, to be forgotten. In: orders of administrators. Out: zips, fewer rows, proofs."""
