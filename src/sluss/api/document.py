"""The OpenAPI document, made from the routes themselves. In: handlers. Out: the document as plain values."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import LitestarDeprecationWarning
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from sluss.version import VERSION

PROBLEMS = {
    "400": "The request cannot be read as what this address takes.",
    "401": "There is no token and nobody is signed in, or the token is not good.",
    "403": "The token lacks the scope, your role does not include this, or the form token is missing.",
    "404": "There is nothing here, or it is not yours to see.",
    "405": "This address does not take this method.",
    "409": "The state has moved on, or the Idempotency-Key belongs to another request.",
    "413": "The request is too large.",
    "415": "Send JSON as `application/json`.",
    "422": "A field cannot be accepted; `fields` names it and says why.",
    "429": "Too many requests. Wait as long as `Retry-After` says.",
    "503": "Nothing was stored. Try again as `Retry-After` says.",
}
PROBLEM = {
    "type": "object",
    "required": ["status", "error"],
    "properties": {
        "status": {"type": "integer"},
        "error": {"type": "string", "description": "One sentence: what is wrong and what to do."},
        "reference": {"type": "string", "description": "Names this request in the server's log."},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "news": {"type": "object", "description": "With a 409 to an answer: what others said since the case was read."},
        "seen": {"type": "string", "description": "With `news`: the mark that covers it."},
    },
}
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token from your own page: `Authorization: Bearer sluss_…`."},
    "session": {"type": "apiKey", "in": "cookie", "name": "sluss"},
}


def document(routes: Sequence[HTTPRouteHandler]) -> dict[str, Any]:
    """The document of these routes."""
    return _document(tuple(routes))


@cache
def _document(routes: tuple[HTTPRouteHandler, ...]) -> dict[str, Any]:
    given = {name: Provide(lambda: None, sync_to_thread=False) for name in ("edge", "who", "asked", "session")}
    about = OpenAPIConfig(title="Sluss", version=VERSION, description="Cases, notes, agents and inboxes of one workspace.", path="/unused")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)  # as in `app`
        app = Litestar([*routes], dependencies=given, openapi_config=about)
    made: dict[str, Any] = app.openapi_schema.to_schema()
    made.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    made["components"]["securitySchemes"] = SCHEMES
    made["security"] = [{"token": []}, {"session": []}]
    paths: dict[str, dict[str, dict[str, Any]]] = made["paths"]
    for name in _closed(routes):
        made["components"]["schemas"][name]["additionalProperties"] = False
    needs = {(str(method), route.operation_id): str(route.opt["scope"]) for route in routes for method in route.http_methods}
    for path in paths.values():
        for method, operation in path.items():
            _tell_problems(operation["responses"])
            scope = needs.get((method.upper(), operation.get("operationId")), "")
            if scope:
                operation["security"] = [{"token": [scope]}, {"session": []}]
    return made


def _closed(routes: Sequence[HTTPRouteHandler]) -> set[str]:
    """Names of the shapes that are sent to us and refuse fields they do not know."""
    sent = {route.parsed_data_field.annotation for route in routes if route.parsed_data_field is not None}
    return {shape.__name__ for shape in sent if shape.__struct_config__.forbid_unknown_fields}


def _tell_problems(responses: dict[str, Any]) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, text in PROBLEMS.items():
        responses[status] = {"description": text, "content": content}
