"""`sluss doctor`: what is well, what is not, and the fix. Reads only; works beside a running server, and where nothing works."""

from __future__ import annotations

import argparse

from sluss.commands.examination import Finding
from sluss.commands.examine_data import examine_data
from sluss.commands.examine_machine import examine_machine
from sluss.commands.house import settings_of
from sluss.commands.outcome import FAILED, OK
from sluss.commands.terminal import Terminal
from sluss.config import BadSetting

MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `doctor` takes."""
    parser.description = (
        "Look at settings, folder, database, disk, clock, ports and inboxes. Changes nothing. Exit code 1 when something fails."
    )


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Examine everything and report."""
    findings = _examine(asked)
    for finding in findings:
        _show(terminal, finding)
    bad = sum(finding.state == "fail" for finding in findings)
    doubtful = sum(finding.state == "warn" for finding in findings)
    terminal.say(f"{len(findings)} checks: {bad} failed, {doubtful} with a warning." if bad or doubtful else "All is well.")
    return FAILED if bad else OK


def _examine(asked: argparse.Namespace) -> list[Finding]:
    try:
        config = settings_of(asked)
    except BadSetting as error:
        return [Finding("settings", "fail", str(error), "Correct the setting; `docs/operating.md` lists them all.")]
    return [Finding("settings", "ok", f"read; data folder {config.folder}"), *examine_machine(config), *examine_data(config)]


def _show(terminal: Terminal, finding: Finding) -> None:
    if terminal.as_json:
        terminal.give(finding)
        return
    terminal.tell(f"{terminal.coloured(MARKS[finding.state], finding.state)}  {finding.check:<12} {finding.detail}")
    if finding.fix and finding.state != "ok":
        terminal.tell(f"{'':<19}-> {finding.fix}")
