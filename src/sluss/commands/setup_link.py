"""`sluss setup-link`: a one-time link for the first sign-in, so that a stranger cannot claim a new server."""

from __future__ import annotations

import argparse
from typing import Any

from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import CONFLICT, OK, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.kernel.tx import Tx
from sluss.people.setup import is_set_up, new_setup_link

MINUTES = 15


class MakeSetupLink(Deed, frozen=True, tag="setup-link"):
    """Make a link; older ones are good no longer."""

    async def carry_out(self, house: House) -> dict[str, Any]:
        return {"url": house.url(setup_path(await house.db.write(make_setup_link))), "minutes": MINUTES}


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `setup-link` takes."""
    parser.description = "Print a link, good once and for 15 minutes, that leads through the first set-up in a browser."


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Print a link."""
    config = settings_of(asked)
    show_link(config, carry_out(config, MakeSetupLink()), terminal)
    return OK


def show_link(config: Config, made: dict[str, Any], terminal: Terminal) -> None:
    """Print a link, and how long it lasts."""
    terminal.give(made, str(made["url"]))
    terminal.say(f"Open this link within {made['minutes']} minutes; it works once. Sluss must be running: sluss serve --data {config.data}")


def setup_path(token: str) -> str:
    """Where the first set-up begins."""
    return f"/setup/you?token={token}"


def make_setup_link(tx: Tx) -> str:
    """A token, unless somebody can sign in already."""
    if is_set_up(tx):
        sentence = "Sluss is set up: an administrator can sign in. For a lost password: sluss agent reset ADDRESS"
        raise Stopped(sentence, CONFLICT)
    return new_setup_link(tx)
