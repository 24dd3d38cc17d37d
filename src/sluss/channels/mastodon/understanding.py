"""Understanding what a Mastodon server delivered. In: a frame of its stream, or an answer in the same form. Out: values of the contract.

A frame is `{"event": …, "payload": …}`; where a post answers another, the ones before it come along as `ancestors`. Pure and bounded.
"""

from __future__ import annotations

from typing import Any

from sluss.channels.contract import Delivered, Inbound, Understood, Unparsable
from sluss.channels.happenings import AccountNews, Bystander, Changed, Post, Reacted, Wanted
from sluss.channels.mastodon.settings import Mine
from sluss.channels.mastodon.statuses import AUDIENCES, Medium, Status, person_of, status_of
from sluss.channels.said import a_text, an_object, instant, objects, read_object
from sluss.channels.who import Address
from sluss.kernel.words import say

CONTEXT = "context"
"""Our own frame: what stands around a post."""
SAID = frozenset({"mention", "quote", "update", "quoted_update", "status"})
"""Notifications that bring a post."""
ANEW = frozenset({"status.update", "quoted_update"})
"""News of a post that came before; of notifications `update` is the same, of events it is a new post."""
ANCESTORS = 20
NAMES = {"image": "picture.jpg", "gifv": "animation.mp4", "video": "film.mp4", "audio": "sound.mp3"}
STAR = "⭐"
WARNED = say("The moderators of your server have warned this account. Read on the server what they say.")


def understand_mastodon(delivered: Delivered, mine: Mine) -> list[Understood]:
    """All that a delivery says. Raises `Unparsable`."""
    said = read_object(delivered.raw)
    if said is None:
        raise Unparsable(say("This is no JSON object, so it does not come from Mastodon."))
    frame = said if "event" in said else _framed(said)
    event, payload, at = a_text(frame.get("event")), frame.get("payload"), delivered.received_at
    if event == "delete":
        return [Changed(external_id=a_text(payload), what="removed", at=at, by="author")] if a_text(payload) else []
    told = (read_object(payload) or {}) if isinstance(payload, str) else an_object(payload)
    before = [one for one in (status_of(other, mine) for other in objects(frame.get("ancestors"))) if one is not None][-ANCESTORS:]
    match event:
        case "notification":
            return _notified(told, before, mine)
        case "update" | "status.update":
            return _said(status_of(told, mine), before, event, mine)
        case "conversation":
            return _said(status_of(an_object(told.get("last_status")), mine), before, "", mine)
        case "context":
            return _around(told, mine)
        case _:
            return []


def _framed(said: dict[str, Any]) -> dict[str, Any]:
    """Bare answers of the server as frames: a notification, or a conversation."""
    return {"event": "conversation" if "last_status" in said else "notification", "payload": said}


def _notified(told: dict[str, Any], before: list[Status], mine: Mine) -> list[Understood]:
    kind, who = a_text(told.get("type")), person_of(an_object(told.get("account")), mine)
    status = status_of(an_object(told.get("status")), mine)
    if kind == "favourite" and status is not None and who is not None:
        return [Reacted(external_id=status.id, sender=who.address, emoji=STAR, at=instant(told.get("created_at")))]
    if kind == "moderation_warning":
        return [AccountNews(state="warn", reason=WARNED)]
    return _said(status, before, "status.update" if kind == "update" else kind, mine) if kind in SAID else []


def _said(status: Status | None, before: list[Status], kind: str, mine: Mine) -> list[Understood]:
    """A post of theirs or ours; whoever only passes on what others wrote has said nothing."""
    if status is None or status.is_boost:
        return []
    words = {"text": status.fresh, "spoiler": status.spoiler}
    edited = Changed(external_id=status.id, what="edited", at=status.edited_at, by="author", **words)
    if kind in ANEW:
        return [edited] if status.edited_at else []
    news: list[Understood] = _ours(status, before, mine) if status.author.acct == mine.acct else _theirs(status, before, kind, mine)
    return [*news, edited] if status.edited_at else news


def _theirs(status: Status, before: list[Status], kind: str, mine: Mine) -> list[Understood]:
    answers_us = status.answers_person == mine.acct or bool(before and before[-1].author.acct == mine.acct)
    quotes_us = kind in {"quote", "quoted_update"} or status.quotes_person == mine.acct
    if mine.acct not in {one.acct for one in status.mentions} and not answers_us and not quotes_us:
        return []
    return [
        Inbound(
            external_id=status.id,
            dedupe_key=f"mastodon:{status.uri}",
            sender=status.author.address,
            subject="",
            text=status.text,
            fresh=status.fresh,
            to=(Address(mine.address),),
            references=_references(status, before),
            sent_at=status.at,
            thread_key=_thread(status, before, status.author.acct),
            visibility="private" if status.is_private else "public",
            audience=AUDIENCES.get(status.visibility, status.visibility),
            kind="message" if status.is_private else "reply" if answers_us else "quote" if quotes_us else "mention",
            post=None if status.is_private else _stem(status, before, mine),
            parent_key=status.answers or status.quotes,
            url=status.url,
            spoiler=status.spoiler,
            facts=_facts(status, mine),
            wanted=(*_files(status), *_beside(status)),
            profile=status.author.profile,
        )
    ]


def _ours(status: Status, before: list[Status], mine: Mine) -> list[Understood]:
    """What one of us wrote elsewhere, or what comes back; what answers nobody is only there for others to answer to."""
    person = status.answers_person or (before[-1].author.acct if before else "")
    readers = [one.address for one in status.mentions if one.acct != mine.acct]
    if person in {"", mine.acct} and status.is_private and readers:
        person = readers[0].address
    if not status.answers and not status.is_private:
        return [_bystander(status, _stem(status, before, mine), mine)]
    person = "" if person == mine.acct else person
    to = [Address(person), *(one for one in readers if one.address != person)] if person else readers
    return [
        Inbound(
            external_id=status.id,
            dedupe_key=f"mastodon:{status.uri}",
            sender=Address(mine.address, f"@{mine.acct}"),
            subject="",
            text=status.fresh,
            fresh=status.fresh,
            to=tuple(to),
            references=_references(status, before),
            sent_at=status.at,
            direction="out",
            origin="native" if status.is_native else "other tool",
            author=None if status.is_native else Address("", status.program),
            thread_key=_thread(status, before, person) if person else "",
            visibility="private" if status.is_private else "public",
            audience=AUDIENCES.get(status.visibility, status.visibility),
            kind="message" if status.is_private else "reply",
            post=None if status.is_private else _stem(status, before, mine),
            parent_key=status.answers,
            url=status.url,
            spoiler=status.spoiler,
            facts=_facts(status, mine),
            wanted=_files(status),
        )
    ]


def _around(told: dict[str, Any], mine: Mine) -> list[Understood]:
    """What stands before and after a post; what only few may read is nobody else's."""
    listed = [*objects(told.get("ancestors")), an_object(told.get("status")), *objects(told.get("descendants"))]
    found = [one for one in (status_of(other, mine) for other in listed) if one is not None and not one.is_private and not one.is_boost]
    key = a_text(an_object(told.get("status")).get("id"))
    stem = _whole(found[0], mine) if found else None
    return [_bystander(one, stem, mine) for one in found if stem is not None and one.id != key]


def _thread(status: Status, before: list[Status], person: str) -> str:
    """In private the talk since its first private post; in public one person's utterances under the post at the root."""
    if status.is_private:
        since = status.answers or status.id
        for one in reversed(before):
            if not one.is_private:
                break
            since = one.id
        return f"direct:{status.id if before and not before[-1].is_private else since}"
    root = before[0].id if before else status.answers or status.id
    return f"p:{root}:{root}:{person}"


def _references(status: Status, before: list[Status]) -> tuple[str, ...]:
    named = (status.answers, *(one.id for one in reversed(before)), status.quotes)
    return tuple(dict.fromkeys(one for one in named if one))


def _stem(status: Status, before: list[Status], mine: Mine) -> Post:
    """What the thread hangs under: the post at its root, as far as it is known."""
    if before:
        return _whole(before[0], mine)
    if not status.answers:
        return _whole(status, mine)
    ours = status.answers_person == mine.acct
    return Post(key=status.answers, ours=ours, author=Address(mine.address) if ours else Address(status.answers_person))


def _whole(status: Status, mine: Mine) -> Post:
    ours = status.author.acct == mine.acct
    author = Address(mine.address, f"@{mine.acct}") if ours else status.author.address
    kind = "post" if ours else "mention"
    return Post(key=status.id, kind=kind, ours=ours, author=author, text=status.text, url=status.url, at=status.at)


def _bystander(status: Status, stem: Post, mine: Mine) -> Bystander:
    ours = status.author.acct == mine.acct
    return Bystander(
        post=stem,
        external_id=status.id,
        author=Address(mine.address, f"@{mine.acct}") if ours else status.author.address,
        text=f"[{status.spoiler}]\n{status.fresh}" if status.spoiler else status.fresh,
        at=status.at,
        parent_key=status.answers,
        url=status.url,
        ours=ours,
    )


def _facts(status: Status, mine: Mine) -> dict[str, Any]:
    """What answering it needs: who else is named, in which audience and language, under which number the server has the author."""
    others = [one.acct for one in status.mentions if one.acct not in {mine.acct, status.author.acct}]
    return {"visibility": status.visibility, "named": others, "language": status.language, "account": status.author.id}


def _files(status: Status) -> tuple[Wanted, ...]:
    return tuple(_file(one) for one in status.media if one.id and one.url)


def _file(one: Medium) -> Wanted:
    return Wanted(kind="media", key=f"media:{one.id}", ref={"url": one.url}, name=NAMES.get(one.kind, "file"), alt=one.alt)


def _beside(status: Status) -> tuple[Wanted, ...]:
    return () if status.is_private else (Wanted(kind="item", key=f"around:{status.id}", ref={"status": status.id}),)
