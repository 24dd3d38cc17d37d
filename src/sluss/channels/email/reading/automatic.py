"""Whether a machine wrote a mail. In: its headers. Out: an empty string for a person, else the reason in one word.

The rules are those of RFC 3834 and of practice; no automatic mail is answered automatically, and none starts a clock.
"""

from __future__ import annotations

import re

from sluss.channels.contract import Address
from sluss.channels.email.reading.headers import Headers
from sluss.channels.email.reading.parts import Part

BOUNCE, OWN = "bounce", "own"


def automatic_reason(root: Part, sender: Address, own: frozenset[str]) -> str:
    """`bounce` is a report about mail, no mail. `own` holds the addresses of the inbox: a mail from one of them is our own, come back."""
    headers = root.headers
    if _is_report(root, sender):
        return BOUNCE
    if sender.address in own or _is_our_loop(headers, own):
        return OWN
    if _declared(headers, "auto-submitted", default="no") != "no":
        return "auto-submitted"
    return _by_list(headers) or _by_suppression(headers) or _by_sender(sender)


def _declared(headers: Headers, name: str, *, default: str = "") -> str:
    return headers.first(name).partition(";")[0].strip().lower() or default


_REPORTS = {"delivery-status", "disposition-notification", "feedback-report"}
_DAEMON = re.compile(r"mailer-daemon(?:[+=-].*)?@.*")
_SERVICE = re.compile(r"(?:postmaster|bounces?)(?:[+=-].*)?@.*")


def _is_report(root: Part, sender: Address) -> bool:
    """A postmaster may be a person who writes; with an empty return path it is the program."""
    if root.media_type == "multipart/report" and root.params.get("report-type", "delivery-status").lower() in _REPORTS:
        return True
    if root.headers.first("x-failed-recipients") or _DAEMON.fullmatch(sender.address):
        return True
    return bool(_SERVICE.fullmatch(sender.address)) and has_empty_return_path(root.headers)


def has_empty_return_path(headers: Headers) -> bool:
    """Whether nobody wants an answer to the mail, not even a server's."""
    return headers.first("return-path").replace(" ", "") == "<>"


def _is_our_loop(headers: Headers, own: frozenset[str]) -> bool:
    return any(value.strip().lower() in own for value in headers.all("x-loop")[:20])


def _by_list(headers: Headers) -> str:
    if headers.first("list-id") or headers.first("list-unsubscribe") or headers.first("list-post"):
        return "list"
    precedence = _declared(headers, "precedence")
    if precedence in {"bulk", "junk", "list"}:
        return "bulk"
    if headers.first("feedback-id"):
        return "bulk"
    return "auto-reply" if precedence == "auto_reply" else ""


_SUPPRESSED = {"all", "oof", "autoreply", "rn"}


def _by_suppression(headers: Headers) -> str:
    wanted = {word.strip().lower() for word in headers.first("x-auto-response-suppress").split(",")}
    if wanted & _SUPPRESSED:
        return "auto-reply"
    if any(headers.first(name) for name in ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply")):
        return "auto-reply"
    return "empty-return-path" if has_empty_return_path(headers) else ""


_NOBODY = re.compile(r"(?:no-?_?\.?reply|do-?_?not-?_?reply|noreply-.*|owner-.*|.*-request|.*-bounces?)(?:[+=].*)?@.*")


def _by_sender(sender: Address) -> str:
    if _SERVICE.fullmatch(sender.address):
        return "service"
    return "no-reply" if _NOBODY.fullmatch(sender.address) else ""
