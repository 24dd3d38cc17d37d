"""Approved templates. In: what Meta lists, and a template with its values. Out: templates as everybody knows them, and parts of a message.

Places are named so that each stands for one value: `1` or a name in the body, `header_…` above it, `button_…` in the address of a button.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from sluss.channels.contract import TemplateUse
from sluss.channels.graph import Account, Graph
from sluss.channels.said import a_text, an_object, objects, texts
from sluss.channels.templating import Template
from sluss.kernel.text import clean_line, clean_text

FIELDS = "name,language,status,category,components,parameter_format"
MOST_PAGES = 50
_PLACE = re.compile(r"\{\{\s{0,9}([A-Za-z0-9_]{1,60})\s{0,9}\}\}")
_MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "LOCATION"})


async def list_templates(graph: Graph, account: Account, waba: str) -> list[Template]:
    """All that the account has. Raises `Refused` or `Unreachable`."""
    found: list[Template] = []
    async for page in graph.pages(account, f"{waba}/message_templates", MOST_PAGES, fields=FIELDS, limit=100):
        found += [read_template(one) for one in page if a_text(one.get("name"))]
    return found


def read_template(told: dict[str, Any]) -> Template:
    """One template. What Sluss cannot fill in (a picture above it, a one-time code) bears that in place of its status."""
    parts = {a_text(one.get("type")).upper(): one for one in objects(told.get("components"))}
    header, body, footer = (parts.get(name, an_object(None)) for name in ("HEADER", "BODY", "FOOTER"))
    category, status = a_text(told.get("category")).upper(), a_text(told.get("status")).upper()
    kind = a_text(header.get("format")).upper()
    unfit = "AUTHENTICATION" if category == "AUTHENTICATION" else f"{kind} HEADER" if kind in _MEDIA else ""
    buttons = objects(parts.get("BUTTONS", an_object(None)).get("buttons"))
    texts_of = (
        _renamed(a_text(header.get("text")), lambda name: f"header_{name}"),
        _renamed(a_text(body.get("text")), lambda name: name),
        "\n".join(one for one in (a_text(footer.get("text")), *map(_button, range(len(buttons)), buttons)) if one),
    )
    return Template(
        name=clean_line(a_text(told.get("name")))[:512],
        language=clean_line(a_text(told.get("language")))[:20],
        category=category,
        status=unfit if unfit and status == "APPROVED" else status,
        header=texts_of[0],
        body=texts_of[1],
        footer=texts_of[2],
        variables=tuple({"name": name, "example": _examples(parts).get(name, "")} for name in _places("\n".join(texts_of))),
    )


def filled(use: TemplateUse) -> dict[str, Any]:
    """The `template` of a message."""
    header = {name.removeprefix("header_"): value for name, value in use.values.items() if name.startswith("header_")}
    buttons = {name.removeprefix("button_"): value for name, value in use.values.items() if name.startswith("button_")}
    body = {name: value for name, value in use.values.items() if not name.startswith(("header_", "button_"))}
    parts = [{"type": kind, "parameters": _parameters(values)} for kind, values in (("header", header), ("body", body)) if values]
    parts += [
        {"type": "button", "sub_type": "url", "index": number, "parameters": [{"type": "text", "text": value}]}
        for number, value in sorted(buttons.items())
    ]
    return {"name": use.name, "language": {"code": use.language}} | ({"components": parts} if parts else {})


def _parameters(values: dict[str, str]) -> list[dict[str, str]]:
    """By place in their order, or by name."""
    if all(name.isdigit() for name in values):
        return [{"type": "text", "text": values[name]} for name in sorted(values, key=int)]
    return [{"type": "text", "parameter_name": name, "text": value} for name, value in values.items()]


def _button(number: int, button: dict[str, Any]) -> str:
    """A button as the customer sees it, with the address behind it."""
    label, url = clean_line(a_text(button.get("text")))[:60], a_text(button.get("url"))
    behind = _renamed(url, lambda _: f"button_{number}")
    return f"[{label}]" + (f" {behind}" if behind else "") if label else ""


def _renamed(text: str, name: Callable[[str], str]) -> str:
    return _PLACE.sub(lambda place: "{{" + name(place[1].lower()) + "}}", clean_text(text))


def _places(text: str) -> list[str]:
    return list(dict.fromkeys(_PLACE.findall(text)))


def _rows(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _examples(parts: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What the company wrote as examples when it applied."""
    found: dict[str, str] = {}
    for kind, prefix in (("HEADER", "header_"), ("BODY", "")):
        example = an_object(parts.get(kind, an_object(None)).get("example"))
        listed = example.get(f"{kind.lower()}_text")
        first = texts(listed) or next((texts(row) for row in _rows(listed)), list[str]())
        found |= {f"{prefix}{number}": text[:200] for number, text in enumerate(first, 1)}
        named = objects(example.get(f"{kind.lower()}_text_named_params"))
        found |= {prefix + a_text(one.get("param_name")).lower(): a_text(one.get("example"))[:200] for one in named}
    return found
