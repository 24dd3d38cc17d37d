"""What people say in private to a page or a professional account. In: one item of `messaging` or `standby`. Out: what it means.

Messenger and Instagram tell it in the same form; where they differ, `Side` says how. What nobody told us of is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Inbound, Receipt, Understood
from sluss.channels.happenings import AccountNews, Changed, Opened, Post, Reacted, Wanted
from sluss.channels.said import a_text, an_object, instant, objects, texts, whole
from sluss.channels.who import Address
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.words import say

NATIVE, OTHER_TOOL = "native", "other tool"
INBOXES = frozenset({"263902037430900", "1217981644879628"})
"""Meta's own inboxes as programs: what they send was written by a person there."""
QUIET = frozenset({"GET_STARTED"})
"""Payloads of buttons that open a talk and say nothing."""

_FILES = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mp4", "file": "", "sticker": "image/png"}
_LINKS = frozenset({"fallback", "share", "reel", "ig_reel", "template", "ig_post", "post"})


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """Whose private side it is: `own` its id at Meta, `address` the inbox's, `app` our program's id where it is known."""

    network: str
    own: str
    address: str
    app: str = ""


def thread_of(person: str) -> str:
    """The key of the one private thread with a person."""
    return f"dm:{person}"


class _At(msgspec.Struct, frozen=True):
    """In which talk, and when."""

    side: Side
    person: str
    at: int
    own: bool


def understand_talk(item: dict[str, Any], side: Side) -> list[Understood]:
    """All that an item says."""
    for name in ("policy_enforcement", "policy-enforcement"):
        if name in item:
            return [_policy(an_object(item[name]))]
    place = _At(side, _person(item, side), instant(item.get("timestamp")), _id(item, "sender") == side.own)
    name = next((one for one in _READERS if one in item), "")
    return _READERS[name](an_object(item[name]), place) if name and place.person else []


def mark_of(item: dict[str, Any]) -> str:
    """The name by which a message is known, whether it was posted or found by polling; empty for anything else."""
    mid = a_text(an_object(item.get("message")).get("mid"))
    return f"mid:{mid}" if mid and not an_object(item.get("message")).get("is_deleted") else ""


def _id(item: dict[str, Any], name: str) -> str:
    return a_text(an_object(item.get(name)).get("id"))


def _person(item: dict[str, Any], side: Side) -> str:
    """Who it is with: the one that is not ours; pages of different ages swap the two in echoes."""
    return next((one for one in (_id(item, "sender"), _id(item, "recipient")) if one and one != side.own), "")


def _message(message: dict[str, Any], place: _At) -> list[Understood]:
    mid = a_text(message.get("mid"))
    if not mid:
        return []
    if message.get("is_deleted"):
        return [Changed(external_id=mid, what="removed", at=place.at, by="author")]
    said = _said(message, place)
    return [_echo(said, message, place) if message.get("is_echo") else said]


def _said(message: dict[str, Any], place: _At) -> Inbound:
    side, person, mid = place.side, place.person, a_text(message["mid"])
    attachments = objects(message.get("attachments"))
    answered, story = a_text(an_object(message.get("reply_to")).get("mid")), an_object(an_object(message.get("reply_to")).get("story"))
    text = "\n".join(filter(None, [clean_text(a_text(message.get("text"))).strip(), *map(_words, attachments)]))
    if message.get("is_unsupported") and not text:
        text = say("(Something that Meta does not pass on to other programs. It can be seen in Meta’s own inbox.)")
    kind = _kind(message, attachments, story)
    person_wanted = Wanted(kind="person", key=f"person:{person}", ref={"id": person})
    return Inbound(
        external_id=mid,
        dedupe_key=f"{side.network}:{mid}",
        sender=Address(person),
        # A story speaks by its picture alone; a case must be called something.
        subject=say("Mentioned in a story") if kind == "story mention" and not text else "",
        text=text,
        fresh=text,
        to=(Address(side.address),),
        references=(answered,) if answered else (),
        parent_key=answered,
        sent_at=place.at or None,
        thread_key=thread_of(person),
        visibility="private",
        kind=kind,
        post=Post(key=f"story:{a_text(story.get('id'))}", kind="story", ours=True, url=_link(story.get("url"))) if story else None,
        facts=_facts(message),
        wanted=(*_media(mid, attachments, story), *(() if message.get("is_echo") else (person_wanted,))),
    )


def _kind(message: dict[str, Any], attachments: list[dict[str, Any]], story: dict[str, Any]) -> str:
    if story:
        return "story reply"
    if any(one.get("type") == "story_mention" for one in attachments):
        return "story mention"
    return "button" if message.get("quick_reply") else ""


def _facts(message: dict[str, Any]) -> dict[str, Any]:
    payload = a_text(an_object(message.get("quick_reply")).get("payload"))
    referral = an_object(message.get("referral"))
    told = {"payload": payload, "ref": a_text(referral.get("ref")), "ad": a_text(referral.get("ad_id"))}
    return {name: value[:1000] for name, value in told.items() if value}


def _echo(said: Inbound, message: dict[str, Any], place: _At) -> Inbound:
    """What left by our account: our own, typed in Meta's inbox, or another tool's. Where we do not know our program, the key tells."""
    app = a_text(message.get("app_id"))
    mine = app in {"", place.side.app} or not place.side.app
    native = app in INBOXES or not app
    return msgspec.structs.replace(
        said,
        direction="out",
        sender=Address(place.side.address),
        to=(Address(place.person),),
        origin=NATIVE if native else OTHER_TOOL,
        opens=False,
        kind="",
        echo_of=a_text(message.get("metadata"))[:1000] if mine else "",
    )


def _words(attachment: dict[str, Any]) -> str:
    """What an attachment says that is no file: a shared link, a place."""
    payload, kind = an_object(attachment.get("payload")), attachment.get("type")
    if kind == "location":
        place = an_object(payload.get("coordinates"))
        return " ".join(filter(None, [clean_line(a_text(attachment.get("title"))), f"{place.get('lat', '?')}, {place.get('long', '?')}"]))
    if kind not in _LINKS:
        return ""
    title = clean_line(a_text(attachment.get("title")) or a_text(payload.get("title")))
    return " ".join(filter(None, [title, _link(payload.get("url")) or _link(attachment.get("url"))]))


def _media(mid: str, attachments: list[dict[str, Any]], story: dict[str, Any]) -> list[Wanted]:
    wanted: list[Wanted] = []
    for place, one in enumerate(attachments):
        payload, kind = an_object(one.get("payload")), a_text(one.get("type"))
        url = _link(payload.get("url"))
        if url and (kind in _FILES or kind in {"story_mention", "ephemeral"}):
            name = clean_line(a_text(one.get("name")) or a_text(payload.get("title")))[:200]
            about: dict[str, Any] = {"url": url} | ({"story": True} if kind == "story_mention" else {})
            size = whole(one.get("size"))
            wanted.append(
                Wanted(kind="media", key=f"media:{mid}:{place}", ref=about, name=name, media_type=_FILES.get(kind, ""), size=size)
            )
    if link := _link(story.get("url")):
        wanted.append(Wanted(kind="media", key=f"media:{mid}:story", ref={"url": link, "story": True}, name="story"))
    return wanted


def _link(value: object) -> str:
    url = a_text(value)
    return url if url.startswith(("https://", "http://")) and len(url) <= 4000 else ""


def _edited(edit: dict[str, Any], place: _At) -> list[Understood]:
    mid, text = a_text(edit.get("mid")), clean_text(a_text(edit.get("text")))
    # Edits of the same moment are ordered by their number.
    at = place.at + min(whole(edit.get("num_edit")), 99)
    return [Changed(external_id=mid, what="edited", at=at, text=text, by="author")] if mid else []


def _reacted(reaction: dict[str, Any], place: _At) -> list[Understood]:
    mid, on = a_text(reaction.get("mid")), reaction.get("action") != "unreact"
    if not mid:
        return []
    sender = Address(place.side.address if place.own else place.person)
    emoji = a_text(reaction.get("emoji")) or EMOJI.get(a_text(reaction.get("reaction")), "👍")
    thread, opens = thread_of(place.person), on and not place.own
    return [Reacted(external_id=mid, sender=sender, emoji=emoji, at=place.at, on=on, thread_key=thread, opens=opens)]


EMOJI = {"love": "❤", "like": "👍", "dislike": "👎", "haha": "😆", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠", "care": "🤗"}
"""Meta's names of reactions."""


def _postback(postback: dict[str, Any], place: _At) -> list[Understood]:
    """A button that was pressed: its title is what the person said, unless it only opens the talk."""
    mid, title, payload = a_text(postback.get("mid")), clean_line(a_text(postback.get("title"))), a_text(postback.get("payload"))
    if not title or payload in QUIET:
        return _opened(postback, place)
    mid = mid or f"postback:{place.person}:{place.at}"
    pressed = {"mid": mid, "text": title, "quick_reply": {"payload": payload}, "referral": postback.get("referral")}
    return [_said(pressed, place)]


def _opened(_said: dict[str, Any], place: _At) -> list[Understood]:
    return [Opened(thread_key=thread_of(place.person), at=place.at)]


def _read(told: dict[str, Any], place: _At) -> list[Understood]:
    return _receipts(told, place, "read")


def _delivered(told: dict[str, Any], place: _At) -> list[Understood]:
    return _receipts(told, place, "delivered")


def _receipts(told: dict[str, Any], place: _At, state: Literal["read", "delivered"]) -> list[Understood]:
    """By name where it names any, else all up to an instant."""
    named = [*texts(told.get("mids")), *filter(None, [a_text(told.get("mid"))])]
    thread, up_to = thread_of(place.person), instant(told.get("watermark"))
    if named:
        return [Receipt(external_id=one, recipient="", state=state, thread_key=thread) for one in dict.fromkeys(named)]
    return [Receipt(external_id="", recipient="", state=state, thread_key=thread, up_to=up_to)] if up_to else []


def _policy(said: dict[str, Any]) -> AccountNews:
    reason = clean_line(a_text(said.get("reason")))[:300]
    if said.get("action") == "unblock":
        return AccountNews(state="ok", reason="")
    return AccountNews(state="warn", reason=say("Meta reports a breach of its rules: %(reason)s", reason=reason or "?"))


_READERS: dict[str, Callable[[dict[str, Any], _At], list[Understood]]] = {
    "message": _message,
    "message_edit": _edited,
    "reaction": _reacted,
    "postback": _postback,
    "read": _read,
    "delivery": _delivered,
    "referral": _opened,
    "optin": _opened,
}
