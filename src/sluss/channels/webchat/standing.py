"""How a chat stands, without trying anything. In: its settings, and what is known beside them. Out: a line for each thing to look at."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from sluss.channels.contract import Check
from sluss.channels.seen import Seen
from sluss.channels.webchat.origins import allows
from sluss.channels.webchat.settings import ChatSettings
from sluss.kernel.words import say


def stand(settings: ChatSettings, seen: Seen) -> list[Check]:
    """What is well and what is not; every line that is not says what to do."""
    return [*_installed(settings, seen), *_refused(settings, seen), *_address(settings, seen), *_going_on(settings, seen)]


def _installed(settings: ChatSettings, seen: Seen) -> Iterator[Check]:
    listed = [one for one in seen.sites if allows(settings.origins, one.origin)]
    if not settings.origins:
        fix = say("Write the address of your web site into the settings, such as https://www.example.com.")
        yield Check("Web sites", "warn", say("No web site may show this chat yet."), fix)
    elif listed:
        yield Check("Installed", "ok", say("Seen on %(sites)s.", sites=", ".join(one.origin for one in listed)[:400]))
    else:
        yield Check("Installed", "warn", say("No page has asked for it yet."), say("Put its snippet into the pages of your web site."))


def _refused(settings: ChatSettings, seen: Seen) -> Iterator[Check]:
    strangers = [one.origin for one in seen.sites if one.refused and not allows(settings.origins, one.origin)]
    if strangers:
        told = say("It was asked for on %(sites)s, where it may not be shown.", sites=", ".join(strangers)[:400])
        yield Check("Refused", "warn", told, say("Add the site to the list, if it is yours."))


def _address(settings: ChatSettings, seen: Seen) -> Iterator[Check]:
    if urlsplit(seen.origin).scheme == "https" or not any(one.startswith("https:") for one in settings.origins):
        return
    fix = say("Set SLUSS_BASE_URL to an https address.")
    yield Check("Address", "fail", say("Sluss is reached at %(origin)s: web sites with https cannot show it.", origin=seen.origin), fix)


def _going_on(settings: ChatSettings, seen: Seen) -> Iterator[Check]:
    if settings.mail_inbox_id in seen.mail_inbox_ids:
        return
    if settings.mail_inbox_id:
        told = say("The mail inbox by which it goes on is paused or gone.")
        yield Check("Mail", "fail", told, say("Resume that inbox, or choose another in the settings."))
    else:
        told = say("Who has left the page does not get an answer by e-mail.")
        yield Check("Mail", "warn", told, say("Choose a mail inbox in the settings."))
