"""Which module holds which command. Imports nothing, for the fast start of `sluss`."""

FAMILIES = {
    "agent": "agents",
    "answers": "answers",
    "audit": "audit",
    "backup": "backup",
    "completion": "completion",
    "config": "settings",
    "contact": "contacts",
    "demo": "demo",
    "doctor": "doctor",
    "inbox": "inboxes",
    "init": "init",
    "key": "keys",
    "migrate": "migrate",
    "outbox": "outbox",
    "restore": "restore",
    "search": "search",
    "serve": "serve",
    "setup-link": "setup_link",
}
