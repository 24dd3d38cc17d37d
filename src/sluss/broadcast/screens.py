"""The pages of notices, and what fills them. Pure data; instants are µs UTC, ids strings.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /notices | broadcast/list.html `found=Notices` | |
| GET, POST /notices/new | broadcast/new.html `new=NewNotice`; 303 to the notice | `title`, `kind`, `words`, `answer`, `text`, `place` and `chat` (repeated), `text-{inbox}` |
| POST /notices/preview | broadcast/preview.html `previews` (fragment) | the unsaved form |
| GET /notices/{id} | broadcast/notice.html `notice=NoticePage` | |
| POST /notices/{id} | 303 to the notice | `title`, `kind`, `words`, `answer` |
| POST /notices/{id}/say | 303 to the notice | `kind` = first, update or solved; `text`, `place`, `text-{inbox}`, `chat`; `answer-all` = 1 with solved |
| POST /notices/{id}/withdraw | 303 to the notice | |
| POST /notices/{id}/link, …/unlink | 303 back | `no` (repeated) |
| POST /notices/{id}/answer | 303 to the notice | `answer`, `solve` |
| POST /publications/{id}/retry, …/accept, …/drop | 303 to the notice | |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import msgspec

from sluss.web.shell import Form


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in the list. `icons` are the networks it is at, `bad` that something there failed or is unknown."""

    id: str
    title: str
    kind: str
    state: str
    text: str
    since: int
    ended_at: int | None
    icons: tuple[tuple[str, str], ...] = ()
    cases: int = 0
    bad: int = 0


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """Those that are open or drafted, and the last that are over."""

    now: tuple[NoticeLine, ...] = ()
    over: tuple[NoticeLine, ...] = ()
    may_publish: bool = False


class PlaceLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account to publish at. `most` None: without a limit. `chosen` by whoever wrote, or because the notice is there already."""

    id: str
    name: str
    label: str
    icon: str
    most: int | None
    works: bool
    chosen: bool


class ChatLine(msgspec.Struct, frozen=True, kw_only=True):
    """A chat that can show it."""

    id: str
    name: str
    chosen: bool


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A text as an account would publish it. `over` is by how much it is too long, `under` that it hangs under what was said before."""

    inbox_id: str
    name: str
    handle: str
    label: str
    icon: str
    text: str
    length: int
    most: int | None
    over: int = 0
    own: bool = False
    under: bool = False


class NewNotice(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a new notice."""

    form: Form
    places: tuple[PlaceLine, ...] = ()
    chats: tuple[ChatLine, ...] = ()
    previews: tuple[Preview, ...] = ()


class PublicationLine(msgspec.Struct, frozen=True, kw_only=True):
    """A bulletin at one account, and how it stands there."""

    id: str
    name: str
    icon: str
    state: str
    url: str = ""
    reason: str = ""
    text: str = ""
    sent_at: int | None = None
    due_at: int | None = None


class BulletinLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said."""

    kind: str
    text: str
    by: str
    at: int
    places: tuple[PublicationLine, ...] = ()


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case about it, or one that may be. `why` it was left alone; `common` words say why it is suggested."""

    number: int
    subject: str
    preview: str
    at: int
    state: str = ""
    why: str = ""
    common: tuple[str, ...] = ()


class NoticePage(msgspec.Struct, frozen=True, kw_only=True):
    """One notice. `hidden` cases are linked and not the reader's to see; `counts` of linked cases by state.

    `moving`: something is on its way to a network.
    """

    id: str
    title: str
    kind: str
    state: str
    words: str
    since: int
    published_at: int | None
    ended_at: int | None
    form: Form
    bulletins: tuple[BulletinLine, ...] = ()
    chats: tuple[str, ...] = ()
    new: NewNotice
    linked: tuple[CaseLine, ...] = ()
    suggested: tuple[CaseLine, ...] = ()
    counts: dict[str, int] = {}
    hidden: int = 0
    moving: bool = False
    may_publish: bool = False
    may_answer: bool = False
