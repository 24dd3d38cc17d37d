"""axe-core, found and run. It comes as the npm development dependency `axe-core`; `SLUSS_AXE` may name the file instead."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "node_modules/axe-core/axe.min.js", ROOT / ".cache/node_modules/axe-core/axe.min.js")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def source() -> str:
    """The text of axe.min.js. Raises with what to do when it is nowhere."""
    named = os.environ.get("SLUSS_AXE", "")
    for place in (*((Path(named),) if named else ()), *PLACES):
        if place.exists():
            return place.read_text(encoding="utf-8")
    message = "axe-core is missing: run `npm install --prefix .cache axe-core@4.14.1`, or set SLUSS_AXE to its axe.min.js."
    raise FileNotFoundError(message)


def violations(tab: Any) -> list[str]:
    """What axe finds wrong, one line each. The page's own policy stays on: evaluation by the driver is not subject to it."""
    tab.evaluate(source())
    found: list[dict[str, Any]] = tab.evaluate("tags => axe.run(document, {runOnly: tags}).then(result => result.violations)", TAGS)
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
