"""Which module holds which command. Imports nothing, for the fast start of `sluss`."""

FAMILIES = {
    "agent": "agents",
    "backup": "backup",
    "completion": "completion",
    "config": "settings",
    "demo": "demo",
    "doctor": "doctor",
    "inbox": "inboxes",
    "init": "init",
    "migrate": "migrate",
    "outbox": "outbox",
    "restore": "restore",
    "serve": "serve",
    "setup-link": "setup_link",
}
