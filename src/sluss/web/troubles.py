"""What went wrong, as the asker can read it. In: an exception of any route. Out: a page, a toast for htmx, or JSON; never a traceback."""

from __future__ import annotations

import re
from typing import Any, cast

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sluss.kernel.errors import Invalid, Trouble
from sluss.kernel.files import DiskFull, StoreFailed
from sluss.kernel.live import Full
from sluss.kernel.log import get_log
from sluss.kernel.words import say
from sluss.kernel.writer import StorageFailed
from sluss.web.edge import Asked, Call, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Problem

log = get_log("web")

BUSY_SECONDS = 5


class SignInNeeded(Trouble):
    """Nobody is signed in, or no longer."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Please sign in.")


class Detour(Trouble):
    """Something has to be done on another page first: at `path`, or on a page that is shown in place of the answer."""

    status = 403

    def __init__(self, sentence: str, path: str, template: str = "", screen: Any = None) -> None:
        super().__init__(sentence)
        self.path, self.template, self.screen = path, template, screen


class TooManyTries(Trouble):
    """Wait `seconds` before the next try."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many tries. Wait a moment.")
        self.seconds = seconds


class Gone(Trouble):
    """A one-time link that was used or has expired."""

    status = 410


def answer_trouble(edge: Edge, request: Call, error: Exception) -> Response[Any]:
    """The answer to a request that raised."""
    asked: Asked = getattr(request.state, "asked", None) or Asked.by_stranger(edge, request)
    if isinstance(error, SignInNeeded):
        return _to_sign_in(asked)
    if isinstance(error, Detour) and not asked.wants_json:
        return _on_detour(asked, error)
    problem, fields = _describe(request, error)
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    headers |= getattr(error, "headers", {}) if isinstance(error, Trouble) else {}
    if problem.status == 405:
        headers["Allow"] = ", ".join(_methods_at(request))
    if asked.wants_json:
        body = {"status": problem.status, "error": problem.detail, "reference": problem.reference} | ({"fields": fields} if fields else {})
        return asked.json(body, problem.status, headers)
    template = "web/problem_piece.html" if asked.partial else "web/problem.html"
    answer = asked.answer(template, asked.page(str(problem.status)), problem.status, problem=problem)
    answer.headers.update(headers)
    return answer


def _to_sign_in(asked: Asked) -> Response[Any]:
    """A page leads to the sign-in and back; a script is told 401 and keeps what was typed; a form without scripts is told in words."""
    if asked.htmx:
        return Response(b"", media_type="text/plain", status_code=401)
    if asked.wants_json:
        wanted = {"WWW-Authenticate": 'Bearer realm="sluss"'} if asked.request.scope["path"].startswith("/api/") else {}
        return asked.json({"status": 401, "error": _("Please sign in.")}, 401, wanted)
    if asked.request.method == "GET":
        return asked.go_sign_in()
    return asked.answer("web/problem.html", asked.page(_("Please sign in.")), 401, problem=Problem(status=401))


def _on_detour(asked: Asked, error: Detour) -> Response[Any]:
    if asked.htmx:
        return Response(b"", media_type="text/plain", headers={"HX-Redirect": error.path})
    if error.template:
        return asked.answer(error.template, asked.page(_(error.sentence)), error.status, screen=error.screen)
    if asked.request.method == "GET":
        return asked.go(error.path)
    problem = Problem(status=error.status, detail=_(error.sentence))
    return asked.answer("web/problem.html", asked.page(str(error.status)), error.status, problem=problem)


def _describe(request: Call, error: Exception) -> tuple[Problem, dict[str, str]]:
    reference = str(getattr(request.state, "request_id", ""))
    if isinstance(error, Invalid):
        fields = {name: _(sentence) for name, sentence in error.fields.items()}
        detail = _(error.sentence) + " " + "; ".join(f"{name}: {sentence}" for name, sentence in fields.items())
        return Problem(status=422, detail=detail, reference=reference), fields
    if isinstance(error, Trouble):
        wait = getattr(error, "seconds", None)
        return Problem(status=error.status, detail=_(error.sentence), reference=reference, retry_after=wait), {}
    if isinstance(error, (StorageFailed, DiskFull, StoreFailed, OperationalError, PoolTimeout)):
        log.error("storage_failed", error=repr(error))
        return Problem(status=503, detail=_("Nothing was stored."), reference=reference, retry_after=BUSY_SECONDS), {}
    if isinstance(error, Full):
        return Problem(status=503, reference=reference, retry_after=BUSY_SECONDS), {}
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _of_framework(error, reference)
    log.error("request_failed", exc_info=error)
    return Problem(status=500, reference=reference), {}


def _of_framework(error: HTTPException, reference: str) -> tuple[Problem, dict[str, str]]:
    if error.status_code == 400 and isinstance(error.extra, list):
        told = cast("list[dict[str, Any]]", error.extra)
        fields = dict(_field(str(one.get("key", "")), str(one.get("message", ""))) for one in told)
        detail = _(Invalid({}).sentence) + " " + "; ".join(f"{name}: {sentence}" for name, sentence in fields.items())
        return Problem(status=422, detail=detail, reference=reference), fields
    return Problem(
        status=error.status_code, detail=_(_SENTENCES.get(error.status_code, "The request cannot be read.")), reference=reference
    ), {}


def _field(key: str, message: str) -> tuple[str, str]:
    """A body's field under its own name, also when the library speaks of the body as a whole."""
    unknown = _UNKNOWN.search(message)
    if unknown:
        return unknown.group(1), _("There is no such field here.")
    return key, _("This is missing.") if message == f"'{key}'" else message


def _methods_at(request: Call) -> list[str]:
    """What the address of a request takes."""
    words = request.scope["path"].strip("/").split("/")
    return sorted(
        {method for route in request.app.routes if isinstance(route, HTTPRoute) and _fits(route, words) for method in route.methods}
    )


def _fits(route: HTTPRoute, words: list[str]) -> bool:
    parts = route.path_components
    return len(parts) == len(words) and all(not isinstance(part, str) or part == word for part, word in zip(parts, words, strict=True))


_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_SENTENCES = {
    404: say("There is nothing here, or it is not yours to see."),
    405: say("This cannot be done here."),
    413: say("This is too large."),
}
