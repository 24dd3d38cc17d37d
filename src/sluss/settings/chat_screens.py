"""The pages of a chat, and what fills them. Pure data; instants are µs UTC, ids strings.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /settings/inboxes/new?channel=webchat; …/{id}/edit | settings/chat_form.html `screen=ChatForm` | the fields below, `channel`, `seen` |
| GET /settings/inboxes/{id} | settings/chat.html `screen=ChatPage` | |
| GET /settings/chats/{id}/sites | settings/chat_sites.html `sites=ChatSites` (fragment; asked again while the page is open) | |
| POST /settings/chats/{id}/sites | 303 to the inbox: one more site is on the list | `origin` |
| POST /settings/chats/{id}/key | settings/chat.html with `key`, shown once | |
| POST /settings/chats/look | settings/chat_look.html `look=Look` (fragment) | the unsaved form |
| POST /settings/chats/hours | settings/chat_hours.html `screen=ChatForm` (fragment) | the unsaved form; `copy` = 1 puts Monday's hours on Tuesday to Friday |

Fields of a chat: `name`, `team` (repeated), `origins` (a line for each), `accent`, `side`, `offset_x`, `offset_y`, `z`, `theme`, `title_en`,
`welcome_en` and so on, `ask_name`, `ask_email`, `identify`, `files`, `preview`, `when` = always or hours, `mon` to `sun`, `closed_days`,
`zone`, `mail_inbox`.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import msgspec

from sluss.settings.screens import CheckLine, Checks, Choice, InboxLine, Setting
from sluss.settings.wanted import Kind
from sluss.web.shell import Form


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A chat as it will be seen. `on` is `light` or `dark`: the text on the colour; empty where none can be read there (`wrong` says so).

    `ratio` is how far text and colour are apart, `faint` that the button is hard to find on a white page.
    """

    accent: str
    on: str = ""
    ratio: str = ""
    wrong: str = ""
    faint: bool = False
    side: str = "right"
    themes: tuple[str, ...] = ("light", "dark")
    title: str
    welcome: str
    says: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the week: the name of its field, and of itself. `wrong`: its hours cannot be read."""

    name: str
    label: str
    wrong: bool = False


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """A language that a chat speaks, and what it says where nobody wrote anything else."""

    language: str
    label: str
    title: str
    welcome: str


class ChatForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new chat, or one being changed (`id` set). `says` is what visitors would read now, `weekly` how many hours a week it is open."""

    form: Form
    id: str = ""
    seen: str = ""
    kinds: tuple[Kind, ...] = ()
    teams: tuple[Choice, ...] = ()
    mail_inboxes: tuple[tuple[str, str], ...] = ()
    zones: tuple[str, ...] = ()
    days: tuple[Day, ...] = ()
    texts: tuple[Texts, ...] = ()
    look: Look
    says: str = ""
    weekly: str = ""


class SiteLine(msgspec.Struct, frozen=True, kw_only=True):
    """A web site: `seen_at` None where no page of it has asked yet. `path` is the page that asked last."""

    origin: str
    path: str = ""
    seen_at: int | None = None


class ChatSites(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chat is installed: sites of the list, and those that asked without being on it."""

    id: str
    listed: tuple[SiteLine, ...] = ()
    refused: tuple[SiteLine, ...] = ()

    @property
    def is_installed(self) -> bool:
        return any(one.seen_at for one in self.listed)


class ChatPage(msgspec.Struct, frozen=True, kw_only=True):
    """One chat. `standing` are things to look at; `key` is an identity key just made, which nobody is shown again.

    `proves` says whether visitors can be proven; `twice`: the form that makes a key was sent once more.
    """

    line: InboxLine
    says: str
    snippet: str
    policy: str
    sites: ChatSites
    standing: tuple[CheckLine, ...] = ()
    settings: tuple[Setting, ...] = ()
    teams: tuple[str, ...] = ()
    checks: Checks | None = None
    proves: str = "no"
    key: str = ""
    twice: bool = False
