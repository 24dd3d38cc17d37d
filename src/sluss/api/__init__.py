"""The public JSON API. In: requests of a signed-in agent or program. Out: JSON with ids as strings and instants in ISO 8601, UTC."""
