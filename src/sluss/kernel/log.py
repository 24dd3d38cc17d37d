"""What is written to the log. In: an event and its facts. Out: one line of JSON on standard error, or a coloured one when a person looks.

The name of a fact decides whether it is secret; control characters never reach the terminal or the next line; a log that cannot be
written harms nobody.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Literal, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = "[hidden]"
MAX_TEXT = 2_000
MAX_TRACEBACK = 20_000
MAX_DEPTH = 6
MAX_ITEMS = 50

Form = Literal["auto", "json", "console"]
Level = Literal["debug", "info", "warning", "error"]
Log = structlog.stdlib.BoundLogger

_SECRET = re.compile(
    r"passw|passphrase|secret|token|authori[sz]ation|cookie|credential|api_?key|private_?key|signature|session|otp|csrf|seed",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    r"(?i)(\b[\w-]{0,40}(?:passw(?:or)?d|secret|token|api_?key|signature|code|sig)[\"']?\s?[=:]\s?[\"']?|\bBearer |\bBasic )[^\s&\"',;]+"
)
_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{1,200}:[^\s/@]{1,200}@", re.IGNORECASE)
# Line ends, terminal controls and marks that turn the reading direction, written out where they would act.
_UNSAFE = "".join(
    map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
)
_WRITTEN_OUT = {ord(char): f"\\u{ord(char):04x}" for char in _UNSAFE}
_WRITTEN_OUT_IN_TRACEBACK = {code: text for code, text in _WRITTEN_OUT.items() if code != ord("\n")}
_TRACEBACKS = frozenset({"exception", "stack"})


def configure(level: Level = "info", form: Form = "auto", stream: TextIO | None = None) -> None:
    """Send everything that is logged, also by libraries, to one stream. Called once, before anything logs."""
    out: TextIO = sys.stderr if stream is None else stream
    for_people = form == "console" or (form == "auto" and out.isatty())
    logging.raiseExceptions = False
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(for_people=for_people, colours=out.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "httpx", "httpcore", "sqlalchemy"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_log(area: str) -> Log:
    """One area's log, for lines like `log.info("operation sent", operation_id=…)`."""
    return structlog.stdlib.get_logger(area)


_facts: ContextVar[Mapping[str, str | int]] = ContextVar("log_facts", default=MappingProxyType({}))


@contextmanager
def request_scope(request_id: str = "", **facts: str | int) -> Generator[str]:
    """Every line written within carries the request id (made here when none is given) and the facts."""
    request_id = request_id or secrets.token_hex(8)
    before = _facts.set({**_facts.get(), "request_id": request_id, **facts})
    try:
        yield request_id
    finally:
        _facts.reset(before)


def _with_facts(_logger: WrappedLogger, _method: str, facts: EventDict) -> EventDict:
    """One variable of our own: the library's way copies every variable of the context at each request."""
    return {**_facts.get(), **facts}


def _shared() -> list[structlog.typing.Processor]:
    return [
        _with_facts,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _scrub,
    ]


def _formatter(*, for_people: bool, colours: bool) -> logging.Formatter:
    render = structlog.dev.ConsoleRenderer(colors=colours, sort_keys=False, timestamp_key="at") if for_people else _as_json
    finish = [_written_out, render] if for_people else [render]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
    )


def _scrub(_logger: WrappedLogger, _method: str, facts: EventDict) -> EventDict:
    """Facts with secret names lose their values, secrets within texts are blotted out, and nothing is longer than its limit."""
    for name, value in facts.items():
        if not name.startswith("_"):
            facts[name] = _clean_fact(name, value, 0)
    return facts


def _clean_fact(name: str, value: Any, depth: int) -> Any:
    if name not in _TRACEBACKS and _SECRET.search(name) and not isinstance(value, bool | None):
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _clean_many(cast("Mapping[Any, Any] | Sequence[Any]", value), depth + 1)
    text = value if isinstance(value, str) else repr(value)
    limit = MAX_TRACEBACK if name in _TRACEBACKS else MAX_TEXT
    text = text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
    return _IN_URL.sub(rf"\1{HIDDEN}@", _IN_TEXT.sub(rf"\1{HIDDEN}", text))


def _clean_many(values: Mapping[Any, Any] | Sequence[Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(values, Mapping):
        return {str(name)[:200]: _clean_fact(str(name), value, depth) for name, value in list(values.items())[:MAX_ITEMS]}
    return [_clean_fact("", value, depth) for value in list(values)[:MAX_ITEMS]]


def _as_json(_logger: WrappedLogger, _method: str, facts: EventDict) -> str:
    ordered = {"at": facts.pop("at", None), "level": facts.pop("level", None), "area": facts.pop("logger", None), **facts}
    line = msgspec.json.encode(_speakable(ordered)).decode()
    # JSON escaped line ends and C0; the rest stands within strings only, where \uXXXX means the same.
    return line.translate(_WRITTEN_OUT)


def _speakable(value: Any) -> Any:
    """Without lone surrogates, which no encoder takes."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_speakable(name): _speakable(inner) for name, inner in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [_speakable(inner) for inner in cast("list[Any]", value)]
    return value


def _written_out(_logger: WrappedLogger, _method: str, facts: EventDict) -> EventDict:
    """For the console: what would move the cursor, colour the line or begin a new one is shown as its code."""
    return {name.translate(_WRITTEN_OUT): _inner_written_out(name, value) for name, value in facts.items()}


def _inner_written_out(name: str, value: Any) -> Any:
    value = _speakable(value)
    if isinstance(value, str):
        return value.translate(_WRITTEN_OUT_IN_TRACEBACK if name in _TRACEBACKS else _WRITTEN_OUT)
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode().translate(_WRITTEN_OUT)
    return value
