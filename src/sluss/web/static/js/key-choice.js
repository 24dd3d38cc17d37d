// One's own keys (`/me/keys`): a field takes the keys that are pressed in it.
