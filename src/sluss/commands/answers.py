"""`sluss answers`: shared canned answers and macros into a JSON file, and from one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import CONFLICT, OK, USAGE, Stopped
from sluss.commands.terminal import Terminal
from sluss.kernel import durable
from sluss.kernel.actors import system
from sluss.replies.macros.carrying import Carried, bring_in_answers, carry_out_answers

LARGEST = 20_000_000


class ExportAnswers(Deed, frozen=True, tag="answers export"):
    """Every shared canned answer and macro."""

    workspace: str = ""

    async def carry_out(self, house: House) -> Any:
        who = system((await house.workspace(self.workspace)).id)
        return msgspec.to_builtins(await house.db.read(carry_out_answers, who))


class ImportAnswers(Deed, frozen=True, tag="answers import"):
    """Make or change what a file holds, all of it or nothing."""

    carried: Carried
    workspace: str = ""

    async def carry_out(self, house: House) -> Any:
        who = system((await house.workspace(self.workspace)).id)
        return msgspec.to_builtins(await house.db.write(bring_in_answers, who, self.carried))


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `answers` takes."""
    parser.description = "Carry shared canned answers and macros from one Sluss to another, or keep them in a file."
    verbs = parser.add_subparsers(dest="verb", metavar="export | import", required=True)
    for verb, text in (("export", "into a new JSON file"), ("import", "from a JSON file: makes and changes, removes nothing")):
        added = verbs.add_parser(verb, help=text)
        added.add_argument("file", help="name.json")
        added.add_argument("--workspace", default="", help="which company")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Export or import."""
    config, place = settings_of(asked), Path(asked.file).absolute()
    if asked.verb == "export":
        if place.exists():
            raise Stopped(f"{place} is there already; nothing was overwritten. Name another file.", CONFLICT)
        told = carry_out(config, ExportAnswers(workspace=asked.workspace))
        with open(durable.create(place), "wb") as out:  # noqa: PTH123 - a descriptor
            out.write(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
        terminal.give({"file": str(place), "answers": len(told["answers"]), "macros": len(told["macros"])}, str(place))
        return OK
    done = carry_out(config, ImportAnswers(carried=_read(place), workspace=asked.workspace))
    terminal.give(done, f"{done['made']} made, {done['changed']} changed, {done['same']} as they were.")
    return OK


def _read(place: Path) -> Carried:
    if not place.is_file():
        raise Stopped(f"There is no file {place}.", USAGE)
    if place.stat().st_size > LARGEST:
        raise Stopped(f"{place} is too large to be a file of canned answers.", USAGE)
    try:
        return msgspec.json.decode(place.read_bytes(), type=Carried)
    except msgspec.DecodeError as error:
        raise Stopped(f"{place} is no file of canned answers: {error}. `sluss answers export` shows how one looks.", USAGE) from error
