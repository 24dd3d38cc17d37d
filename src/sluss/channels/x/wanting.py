"""What must be asked for at X to complete something. In: what a delivery only names. Out: `Wanted` values for `fetch`."""

from __future__ import annotations

from collections.abc import Iterable

from sluss.channels.happenings import Wanted
from sluss.channels.x.posts import Medium

NAMES = {"photo": ("picture.jpg", "image/jpeg"), "video": ("film.mp4", "video/mp4"), "animated_gif": ("animation.mp4", "video/mp4")}


def wanted_media(utterance: str, media: Iterable[Medium], of: str) -> tuple[Wanted, ...]:
    """The files of a post or message (`of`)."""
    return tuple(_medium(utterance, one, of) for one in media if one.key)


def wanted_person(person_id: str) -> tuple[Wanted, ...]:
    """Who somebody is of whom only the number is known."""
    return (Wanted(kind="person", key=f"person:{person_id}", ref={"user": person_id}),)


def wanted_around(key: str, conversation: str, posts: Iterable[str], how: str) -> tuple[Wanted, ...]:
    """What stands around a post; nothing where the account fetches nothing."""
    ids = [one for one in dict.fromkeys(posts) if one]
    if how == "nothing" or (not ids and how != "conversation"):
        return ()
    return (Wanted(kind="item", key=f"around:{key}", ref={"conversation": conversation, "posts": ids, "how": how}),)


def _medium(utterance: str, one: Medium, of: str) -> Wanted:
    name, media_type = NAMES.get(one.kind, ("file", ""))
    ref = {"media": one.key, "url": one.url, of: utterance}
    return Wanted(kind="media", key=f"media:{utterance}:{one.key}", ref=ref, name=name, media_type=media_type, alt=one.alt)
