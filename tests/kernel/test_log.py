"""The log: one line per event, no secrets, no control characters. T66, T107, F55."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sluss.kernel.log import configure, get_log, request_scope

INJECTIONS = [
    'Johan\r\n{"level":"error","event":"forged"}',
    "\x1b[31mred\x1b[0m",
    "\x9b31mred with one byte",
    "\x1b]0;title\x07",
    "next\u2028line\u2029and\x85more",
    "right\u202eto left\u2066",
    "nul\x00 back\x08 del\x7f",
    "lone \ud800 surrogate",
    "Małgorzata Żak 👩",
]


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers, root.level, logging.raiseExceptions
    yield
    root.handlers, logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def logged(write: Callable[[], object], form: Any = "json") -> str:
    stream = io.StringIO()
    configure("info", form, stream)
    write()
    return stream.getvalue()


def facts(write: Callable[[], object]) -> dict[str, Any]:
    return json.loads(logged(write))


def test_one_event_is_one_line_of_json() -> None:
    found = facts(lambda: get_log("outbox").info("operation sent", operation_id=12, took=0.5, ok=True, to=None))
    assert found.pop("at").endswith("Z")
    assert found == {"level": "info", "area": "outbox", "event": "operation sent", "operation_id": 12, "took": 0.5, "ok": True, "to": None}


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("place", ["event", "value", "name", "nested"])
def test_nothing_in_a_fact_can_forge_a_line_or_reach_the_terminal(text: str, form: str, place: str) -> None:
    """T107: in the event, in a value, in the name of a fact, deep within."""
    written = {
        "event": lambda: get_log("web").info(text),
        "value": lambda: get_log("web").info("seen", path=text),
        "name": lambda: get_log("web").info("seen", **{text: 1}),
        "nested": lambda: get_log("web").info("seen", headers=[{"Subject": text}]),
    }
    output = logged(written[place], form)
    assert len(output.splitlines()) == 1
    assert not any(
        ord(char) < 32 or 127 <= ord(char) < 160 or 0x2028 <= ord(char) <= 0x202E or 0x2066 <= ord(char) <= 0x2069 for char in output[:-1]
    )


def test_names_of_the_cast_stay_readable() -> None:
    assert "Łukasz Wójcik" in logged(lambda: get_log("cases").info("case opened", contact="Łukasz Wójcik"))


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "Authorization",
        "cookie",
        "set-cookie",
        "api_key",
        "apikey",
        "client_secret",
        "refresh_token",
        "private_key",
        "X-Hub-Signature-256",
        "session_id",
        "csrf",
        "otp",
        "imapPassword",
        "credentials",
        "passphrase",
    ],
)
def test_facts_with_secret_names_are_hidden(name: str) -> None:
    found = facts(lambda: get_log("people").info("signed in", **{name: "hunter2", "settings": {name: ["hunter2"]}}))
    assert found[name] == found["settings"][name] == "[hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "GET /reset?token=hunter2&x=1",
        "https://johan:hunter2@mail.example/",
        "Authorization: Bearer hunter2",
        "Basic hunter2",
        "{'password': 'hunter2'}",
        '{"api_key":"hunter2"}',
        "smtp failed: password=hunter2",
    ],
)
def test_secrets_within_texts_are_blotted_out(text: str) -> None:
    assert "hunter2" not in logged(lambda: get_log("web").info("request", path=text))
    assert "hunter2" not in logged(lambda: get_log("web").info(text))


def test_a_traceback_is_one_line_and_keeps_no_secret() -> None:
    def fail() -> None:
        try:
            int("no\r\nway, token=hunter2 \x1b[2J")
        except ValueError:
            get_log("jobs").exception("job failed")

    found = facts(fail)
    assert found["level"] == "error"
    assert "ValueError: invalid literal" in found["exception"]
    assert "hunter2" not in found["exception"]
    assert "\x1b" not in logged(fail, "console")


def test_what_libraries_log_takes_the_same_form() -> None:
    """T107: a path in an access line."""
    found = facts(lambda: logging.getLogger("uvicorn.error").warning("bad path %s", "/a\r\nb"))
    assert (found["event"], found["area"], found["level"]) == ("bad path /a\r\nb", "uvicorn.error", "warning")


def test_warnings_of_the_interpreter_are_logged() -> None:
    def warn() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn("getting old", UserWarning, stacklevel=1)
            logging.captureWarnings(capture=False)

    assert "getting old" in facts(warn)["event"]


def test_the_request_id_is_on_every_line_of_a_request() -> None:
    with request_scope(workspace_id=7) as request_id:
        inside = facts(lambda: logging.getLogger("library").warning("x"))
    outside = facts(lambda: get_log("web").info("x"))
    assert (inside["request_id"], inside["workspace_id"]) == (request_id, 7)
    assert "request_id" not in outside
    with request_scope("from-the-proxy") as given:
        assert given == "from-the-proxy"


def test_long_and_deep_facts_are_cut() -> None:
    nested: list[Any] = []
    for _ in range(1_000):
        nested = [nested]
    output = logged(lambda: get_log("web").info("x", body="y" * 10_000_000, items=list(range(10_000)), nested=nested))
    assert len(output) < 5_000
    assert "10000000 characters" in output


def test_lines_below_the_level_are_not_written() -> None:
    assert logged(lambda: get_log("web").debug("x")) == ""


class _FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_harms_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """F55."""
    configure("info", "json", _FullDisk())
    get_log("web").info("x")
    assert capsys.readouterr().err == ""


def test_a_person_at_a_terminal_gets_lines_for_people() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    configure("info", "auto", stream)
    get_log("web").info("ready", port=8000)
    assert "ready" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
