"""`sluss init`: a data folder with its settings, sealing key and database. Never overwrites."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sluss.commands.house import carry_out, settings_of
from sluss.commands.migrate import bring
from sluss.commands.outcome import CONFLICT, OK, Stopped
from sluss.commands.setup_link import MakeSetupLink, show_link
from sluss.commands.terminal import Terminal
from sluss.kernel import durable
from sluss.kernel.folder import DataFolder
from sluss.kernel.sealing import Sealer

SETTINGS = "sluss.toml"


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `init` takes."""
    parser.description = "Make the data folder with its settings, sealing key and database, and print the link for the first sign-in."
    parser.add_argument("--base-url", metavar="URL", help="how people will reach Sluss, as https://desk.example.com")
    parser.add_argument("--port", metavar="N", type=int, help="port of the web server")
    parser.add_argument("--database", metavar="URL", help="PostgreSQL instead of SQLite")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Set a folder up."""
    folder = DataFolder(settings_of(asked).folder)
    file = folder.path / SETTINGS
    if folder.exists or file.exists():
        raise Stopped(f"{folder.path} is set up already; nothing was changed. Edit {file}, or choose another folder with --data.", CONFLICT)
    if asked.base_url is None and terminal.asks:
        asked.base_url = terminal.ask("How will people reach Sluss? (https://desk.example.com, empty for this machine only)", "--base-url")
    chosen = {"base_url": asked.base_url or None, "port": asked.port, "database_url": asked.database}
    config = settings_of(asked, **chosen)
    folder.make()
    _write_settings(file, chosen)
    Sealer.of(folder.path)
    bring(config)
    terminal.say(f"Made {folder.path}: settings in {file}, database, files, sealing key.")
    terminal.say(f"Keep a copy of {folder.key} apart from your backups: stored mailbox passwords open only with it.")
    show_link(config, carry_out(config, MakeSetupLink()), terminal)
    terminal.say(f"Next: sluss serve --data {folder.path}")
    return OK


def _write_settings(file: Path, chosen: dict[str, str | int | None]) -> None:
    lines = ["# Settings of this Sluss. `sluss config` lists them all, with what they mean."]
    lines += [f"{name} = {json.dumps(value)}" for name, value in chosen.items() if value is not None]
    durable.write_new(file, ("\n".join(lines) + "\n").encode())
