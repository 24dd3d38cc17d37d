"""What letters say. In: a kind and its facts. Out: subject and text in the voice that is speaking, line ends as in a plain mail.

Names that others chose stand in the text alone, never in a header, but for the company's, which is cleaned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from sluss.kernel.text import clean_line
from sluss.web.formats import exact
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext

ROLES: Mapping[str, Callable[[], str]] = {
    "admin": lambda: _("Administrator"),
    "lead": lambda: _("Lead"),
    "agent": lambda: _("Agent"),
    "reviewer": lambda: _("Reviewer"),
    "field": lambda: _("Field staff"),
}


TO_CUSTOMERS = frozenset({"chat-code", "chat-text"})


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is about. `link` is complete; `until` and `at` are instants in µs UTC."""

    company: str
    name: str
    link: str = ""
    by: str = ""
    role: str = ""
    until: int | None = None
    at: int | None = None
    device: str = ""
    address: str = ""
    label: str = ""
    what: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()


class Words(msgspec.Struct, frozen=True):
    """A finished letter."""

    subject: str
    text: str


def words_of(kind: str, facts: Facts) -> Words:
    """The letter of a kind."""
    subject, paragraphs = _LETTERS[kind](facts)
    greeting = _("Hello %(name)s,") % {"name": facts.name} if facts.name else _("Hello,")
    written = _("This letter was written by Sluss for %(company)s. Nobody reads answers to it.") % {"company": facts.company}
    closing = facts.company if kind in TO_CUSTOMERS else written
    text = "\n\n".join((greeting, *(one for one in paragraphs if one), f"-- \n{closing}"))
    return Words(clean_line(subject), text + "\n")


_Letter = tuple[str, tuple[str, ...]]


def _invitation(facts: Facts) -> _Letter:
    who = (
        _("%(by)s invites you to %(company)s, where you will work as: %(role)s.")
        if facts.by
        else _("You are invited: %(company)s, %(role)s.")
    )
    role = ROLES.get(facts.role, lambda: facts.role)()
    return _("Your invitation to %(company)s") % {"company": facts.company}, (
        who % {"by": facts.by, "company": facts.company, "role": role},
        _("Open this link to begin:"),
        facts.link,
        _("It works once, until %(until)s. If you do not know what this is about, do nothing.") % {"until": exact(facts.until or 0)},
    )


def _reset(facts: Facts) -> _Letter:
    return _("A new password for %(company)s") % {"company": facts.company}, (
        _("Somebody, most likely you, asked for a new password. Open this link to choose one:"),
        facts.link,
        _("It works once, for one hour, and ends every session you have. If it was not you, do nothing: your password stays."),
    )


def _no_password(facts: Facts) -> _Letter:
    label = facts.label or "OpenID Connect"
    return _("How you sign in to %(company)s") % {"company": facts.company}, (
        _("Somebody, most likely you, asked for a new password. You have none here: you sign in with %(label)s.") % {"label": label},
        facts.link,
        _("If you cannot sign in there, ask whoever looks after %(label)s.") % {"label": label},
    )


def _password(facts: Facts) -> _Letter:
    return _("Your password was changed"), (
        _("The password with which you sign in to %(company)s was changed at %(at)s.")
        % {"company": facts.company, "at": exact(facts.at or 0)},
        _if_not_you(),
    )


def _device(facts: Facts) -> _Letter:
    return _("A new browser signed in"), (
        _("Somebody signed in to %(company)s with your account, from a browser that was not seen before.") % {"company": facts.company},
        "\n".join(one for one in (exact(facts.at or 0), facts.device, facts.address) if one),
        _if_not_you(),
    )


def _factors(facts: Facts) -> _Letter:
    return _("The way you sign in was changed"), (
        _("On your account at %(company)s this was changed at %(at)s:") % {"company": facts.company, "at": exact(facts.at or 0)},
        " ".join(one for one in (_(facts.what), facts.label) if one),
        _if_not_you(),
    )


def _alarm(facts: Facts) -> _Letter:
    return _("%(company)s needs a hand") % {"company": facts.company}, (_(facts.text), facts.link)


def _trial(facts: Facts) -> _Letter:
    return _("Letters of %(company)s arrive") % {"company": facts.company}, (
        _("You asked for this letter to see whether letters arrive. They do."),
    )


def _digest(facts: Facts) -> _Letter:
    count = len(facts.lines)
    return ngettext("%(num)s thing waits for you: %(company)s", "%(num)s things wait for you: %(company)s", count) % {
        "num": count,
        "company": facts.company,
    }, (
        _("This happened while you were away:"),
        *facts.lines,
        _("Everything at once: %(link)s") % {"link": facts.link},
        _("When you are written to, you choose here: %(link)s") % {"link": facts.address},
    )


def _chat_code(facts: Facts) -> _Letter:
    """Whoever asked for it has chosen no word of it (T49)."""
    return _("Your code for the chat with %(company)s") % {"company": facts.company}, (
        _("Somebody, most likely you, wants the text of a chat with %(company)s sent to this address. Type this code into the chat:")
        % {"company": facts.company},
        facts.label,
        _("It counts for 15 minutes. If it was not you, do nothing: nothing else is sent."),
    )


def _chat_text(facts: Facts) -> _Letter:
    return _("Your chat with %(company)s") % {"company": facts.company}, (
        _("This is what was said in your chat with %(company)s.") % {"company": facts.company},
        *facts.lines,
    )


def _if_not_you() -> str:
    return _("If it was you, there is nothing to do. If not, choose a new password at once and tell an administrator.")


_LETTERS: Mapping[str, Callable[[Facts], _Letter]] = {
    "invitation": _invitation,
    "reset": _reset,
    "no-password": _no_password,
    "password": _password,
    "device": _device,
    "factors": _factors,
    "alarm": _alarm,
    "trial": _trial,
    "digest": _digest,
    "chat-code": _chat_code,
    "chat-text": _chat_text,
}
