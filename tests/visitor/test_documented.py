"""docs/web-chat.md against the loader and the checks behind it: whoever builds a site by that page must not be led astray."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sluss.channels.contract import Connection
from sluss.channels.webchat.identity import read_identity
from sluss.channels.webchat.snippet import LOADER, snippet
from sluss.channels.webchat.understanding import FILES, TEXT
from sluss.kernel.clock import SECOND, system_clock
from sluss.visitor.limits import Limits
from sluss.visitor.loader import FOLDER, MODULES
from sluss.visitor.receiving import FILE_BYTES, FILES_BYTES
from sluss.visitor.transcript import PER_ADDRESS, PER_NETWORK, PER_VISITOR

PAGE = (Path(__file__).parents[2] / "docs/web-chat.md").read_text(encoding="utf-8")
CODE = "\n".join((FOLDER / name).read_text() for name in MODULES)
CHAT, KEY = "chat-4f2kq7w5x3m6n2ab", "an-identity-key-of-forty-three-characters-000"


def _block(language: str, number: int = 0) -> str:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)[number]


def _first_column(heading: str) -> set[str]:
    """The code words in the first column of the table that follows."""
    table = PAGE[PAGE.index(heading) :].partition("\n\n")[0]
    cells = (line.split("|")[1] for line in table.splitlines()[1:])
    return {found for cell in cells for found in re.findall(r"`([^`]+)`", cell)}


def test_the_line_is_the_one_that_the_settings_show() -> None:
    assert _block("html").strip() == snippet("https://desk.example.com", CHAT)
    assert LOADER in CODE


def test_every_attribute_method_and_event_is_there_and_described() -> None:
    attributes = {found[0].lower() + found[1:] for found in re.findall(r"asked\.(\w+)", CODE)} | {"key"}
    told = {
        re.sub(r"-(\w)", lambda found: found[1].upper(), one.split("=")[0].removeprefix("data-")) for one in _first_column("| attribute ")
    }
    assert told == attributes
    does = CODE[CODE.index("const does = {") : CODE.index("export function boot")]
    methods = set(re.findall(r"^  (\w+)(?:\(.*\) \{|,|: \w+,)$", does, re.MULTILINE))
    assert {re.findall(r'"(\w+)"', one)[0] for one in _first_column("| method ")} == methods
    heard = set(re.findall(r'^ {2,4}?(?:if .*)?tell\("(\w+)"', CODE, re.MULTILINE)) | {"message", "unread", "error"}
    assert _first_column("| event ") == heard


def test_the_python_example_proves_a_customer() -> None:
    """T71: the page's own words, executed, make a token that is believed with this key and chat, and with no other."""
    there: dict[str, Any] = {}
    exec(_block("python"), there)  # noqa: S102 - the page's own example
    token = there["chat_token"](KEY, CHAT, "NA204816", "Åsa Lindqvist", "asa@kund.example")
    inbox: dict[str, Any] = {"workspace_id": 1, "inbox_id": 2, "name": "Chat", "settings": {}}
    proven = read_identity(token, Connection(address=CHAT, secrets={"identity_key": KEY}, **inbox), system_clock())
    assert (proven.subject, proven.name, proven.email) == ("NA204816", "Åsa Lindqvist", "asa@kund.example")
    assert 0 < proven.until - system_clock() <= 900 * SECOND


def test_every_example_makes_the_same_claims() -> None:
    examples = [_block(language, number) for language, number in (("python", 0), ("php", 0), ("js", 1))]
    for example in examples:
        assert {name for name in ("sub", "aud", "name", "email", "exp") if re.search(rf"\b{name}\b", example)} == {
            "sub",
            "aud",
            "name",
            "email",
            "exp",
        }
        assert "HS256" in example
        assert "900" in example


def test_the_limits_are_those_that_are_counted() -> None:
    """T91: what the page tells a company to expect is what its visitors meet."""
    limits = Limits()
    told = PAGE[PAGE.index("## How much one may ask") : PAGE.index("## What stays as it is")]
    for row in (
        f"| first messages of new visitors | network | {limits.newcomers.most} in ten minutes |",
        f"| messages | visitor | {limits.messages.most} a minute, {limits.messages_a_day.most} a day |",
        f"{TEXT:,} characters, {FILES} files of {FILE_BYTES // 10**6} MB, {FILES_BYTES // 10**6} MB together |",
        f"| messages with files on their way at once | network | {limits.bodies.most} |",
        f"| frames, states and buttons | network | {limits.looks.most} a minute |",
        f"| identity tokens | network | {limits.identities.most} a minute |",
        f"| open streams | visitor, network | {limits.streams_of_visitor}, {limits.streams_of_network} |",
        f"| address, visitor, network | {PER_ADDRESS}, {PER_VISITOR} and {PER_NETWORK} a day |",
    ):
        assert row in told
