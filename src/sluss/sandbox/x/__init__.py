"""A double of X. In: calls of its interface, orders of trouble, and what its people do. Out: answers and posts to hooks as X makes them."""
