"""axe-core, found and run. `bin/check` lays it beside the packages; `SLUSS_AXE` may name the file instead."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".venv/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """tags => axe.run(document, {runOnly: tags, resultTypes: ["violations", "incomplete"]}).then(
  ({violations, incomplete}) => [violations, incomplete])"""


@cache
def source() -> str:
    """The text of axe.min.js. Raises with what to do when it is nowhere."""
    place = Path(os.environ.get("SLUSS_AXE", PLACE))
    if place.exists():
        return place.read_text(encoding="utf-8")
    message = "axe-core is missing: `bin/check tests/browser` lays it, or set SLUSS_AXE to its axe.min.js."
    raise FileNotFoundError(message)


def judge(tab: Any) -> tuple[list[str], list[str]]:
    """What axe finds wrong, and what it cannot tell, one line each. The page's own policy stays on: the driver is not subject to it."""
    tab.evaluate(source())
    wrong, unsure = tab.evaluate(RUN, TAGS)
    return _lines(wrong), _lines(unsure)


def _lines(found: list[dict[str, Any]]) -> list[str]:
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def violations(tab: Any) -> list[str]:
    """What axe finds wrong, one line each."""
    return judge(tab)[0]
