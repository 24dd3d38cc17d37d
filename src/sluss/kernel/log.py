"""Structured logs. In: events of the program. Out: one JSON line each. (The owner of this file keeps the name `log`.)"""

import structlog

log = structlog.get_logger("sluss")
