"""The pages of a network's account, and what fills them. Pure data; instants are µs UTC, ids strings.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /settings/inboxes/new?channel=…; …/{id}/edit | settings/network_form.html `screen=NetworkForm` | `name`, `team` (repeated), the channel's own fields, `channel`, `seen` |
| GET /settings/inboxes/{id} | settings/network_inbox.html `screen=NetworkPage` | |
| POST /settings/networks/connect | settings/connecting.html, which leads on to the network | the form of a new account, or `inbox` to connect one again |
| GET /settings/networks/back?state=&code=&error= | settings/network_accounts.html `screen=Accounts`; 303 to the inbox connected again | |
| POST /settings/networks/accounts | 303 to the inboxes that were made | `consent`, `account` (repeated), `team` (repeated) |
| POST /settings/networks/{id}/templates | 303 to the inbox: what the network approved is asked for now | |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import msgspec

from sluss.channels.fields import FieldKind
from sluss.settings.screens import Checks, Choice, InboxLine, Setting
from sluss.settings.wanted import Kind
from sluss.web.shell import Form


class FieldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a network's form. `kept`: a secret that is stored already; `made`: one that is made where nobody enters it.

    `pasted`: it is entered only by whoever does not sign in at the network.
    """

    name: str
    kind: FieldKind
    label: str
    hint: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    example: str = ""
    kept: bool = False
    made: bool = False
    optional: bool = False
    pasted: bool = False


class NetworkForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new account of a network, or one being changed (`id` set). `steps` are what is to be done at the network first.

    `signs_in`: one may sign in at the network in place of pasting tokens. `back` is the address that the network must be told for that.
    """

    form: Form
    channel: str
    label: str
    id: str = ""
    seen: str = ""
    what: str = ""
    steps: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    teams: tuple[Choice, ...] = ()
    lines: tuple[FieldLine, ...] = ()
    advanced: tuple[FieldLine, ...] = ()
    signs_in: bool = False
    back: str = ""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """How the network posts to us. `way` is `pasted` (a person enters the address there) or `told` (Sluss tells the network itself).

    `address` is empty where the installation has none that a network could reach; `copied` are words to be pasted there beside it.
    """

    way: str
    address: str = ""
    copied: tuple[Setting, ...] = ()
    greeted_at: int | None = None
    received_at: int | None = None


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of call came to in thirty days; amounts in dollars, written."""

    what: str
    times: int
    amount: str


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What the network charged. `full`: the day's cap is reached, and answers wait until `next_at`. `share` is the part of it, 0 to 100."""

    today: str
    cap: str = ""
    share: int = 0
    full: bool = False
    next_at: int = 0
    month: str = ""
    lines: tuple[Cost, ...] = ()


class TemplateLine(msgspec.Struct, frozen=True, kw_only=True):
    """An approved text. `state` is a lamp's: ok, warn (in review, paused) or fail (rejected, disabled)."""

    name: str
    language: str
    category: str
    state: str
    status: str
    preview: str


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """How the account stands at its network. `reason` is set when a person has to connect it again; `ready`: one can sign in there."""

    label: str
    ready: bool
    reason: str = ""


class NetworkPage(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a network. `allowed` says in sentences what may be sent when."""

    line: InboxLine
    handle: str
    sign_in: SignIn
    hook: Hook | None = None
    opens_at: int | None = None
    news: str = ""
    allowed: tuple[str, ...] = ()
    costs: Costs | None = None
    templates: tuple[TemplateLine, ...] = ()
    has_templates: bool = False
    templates_at: int | None = None
    settings: tuple[Setting, ...] = ()
    teams: tuple[str, ...] = ()
    checks: Checks | None = None
    says: str = ""


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account that may be connected. `taken`: an inbox has it already."""

    key: str
    name: str
    detail: str = ""
    taken: bool = False


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a person who signed in at a network may connect."""

    form: Form
    consent: str
    label: str
    lines: tuple[AccountLine, ...] = ()
    teams: tuple[Choice, ...] = ()
