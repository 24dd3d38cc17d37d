"""The contract between the settings' templates and whoever fills them. Pure data; instants are µs UTC, ids strings.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /settings | settings/home.html `screen=Home` | |
| GET /settings/inboxes | settings/inboxes.html `screen=Inboxes` | |
| GET, POST /settings/inboxes/new?preset= | settings/inbox_form.html `screen=InboxForm` | the fields below |
| GET /settings/inboxes/{id} | settings/inbox.html `screen=InboxPage` | |
| GET, POST /settings/inboxes/{id}/edit | settings/inbox_form.html `screen=InboxForm` | the fields below; an empty secret keeps the stored one |
| POST /settings/inboxes/{id}/test, /settings/inboxes/test | settings/checks.html `checks=Checks` (fragment; asked again each second while `running`) | the second takes the unsaved form |
| GET /settings/inboxes/tests/{id} | settings/checks.html `checks=Checks` | |
| POST /settings/inboxes/{id}/pause, …/resume, …/resume-sending | 303 back | |
| GET /settings/agents | settings/agents.html `screen=Agents` | |
| GET, POST /settings/agents/new, /settings/agents/{id} | settings/agent_form.html `screen=AgentForm`; a new one with a link: settings/handed.html `screen=Handed` | `name`, `email`, `role`, `team` (repeated), `locale`; new: `by` = mail or link |
| POST /settings/agents/{id}/reset | settings/agent_form.html with `link` (shown once) or `sent` | `by` = mail or link |
| POST /settings/invitations/{id}/renew, …/withdraw | 303 /settings/agents | |
| POST /settings/invitations/{id}/link | settings/handed.html `screen=Handed` | |
| GET /settings/letters; POST …/way, …/trial, …/{id}/retry | settings/letters.html `screen=Letters` | way: `inbox` |
| GET, POST /settings/provider; POST …/test, …/remove | settings/provider.html `screen=ProviderForm` | `issuer`, `client_id`, `secret`, `label`, `domains`, `provision`, `only`, `break_glass`, `trusts_factors` |
| POST /settings/agents/{id}/disable, …/enable | 303 back | |
| POST /settings/agents/{id}/factors/reset | 303 to the agent | |
| GET, POST /settings/second-step | settings/second_step.html `screen=SecondStep` | `factor_for` = nobody, admins or everyone; `grace_days` |
| GET, POST /settings/teams | settings/teams.html `screen=Teams` | `name` |
| GET, POST /settings/teams/{id} | settings/team_form.html `screen=TeamForm` | `name`, `agent` (repeated), `inbox` (repeated) |
| GET /settings/quarantine?after= | settings/quarantine.html `screen=Quarantine` | |
| GET /settings/quarantine/{id} | settings/envelope.html `screen=EnvelopePage` | |
| POST /settings/quarantine/{id}/replay, …/discard | 303 back | discard: `sure` = 1 |
| GET /settings/quarantine/{id}/raw | the raw bytes as a download, `application/octet-stream` | |
| GET /settings/health | settings/health.html `screen=Health`; settings/health_body.html for a partial | |
| GET /settings/audit?who=&what=&after= | settings/audit.html `screen=Audit` | |

Fields of an inbox: `name`, `address`, `sender_name`, `team` (repeated), `auth` = password, google or microsoft, `ways` = imap, lmtp or http;
`imap_host`, `imap_port`, `imap_security` = tls, starttls or plain, `imap_username`, `imap_password`, `imap_folder`;
`smtp_host`, `smtp_port`, `smtp_security`, `smtp_username`, `smtp_password`. Every POST carries `csrf` and `op`.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.people.factor_screens import FactorLine
from sluss.replies.signatures import Lines
from sluss.settings.wanted import Kind
from sluss.web.shell import Form

State = Literal["ok", "warn", "fail"]


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that needs an administrator, with the page where it is put right."""

    text: str
    href: str
    state: State = "warn"


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The first page: what needs a hand, and figures beside each area."""

    troubles: tuple[Trouble, ...] = ()
    inboxes: int = 0
    agents: int = 0
    teams: int = 0
    quarantined: int = 0


class InboxLine(msgspec.Struct, frozen=True, kw_only=True):
    """One inbox in the list. `state_text` is one sentence when not fine. `queued` counts operations waiting to leave."""

    id: str
    name: str
    address: str
    channel_icon: str
    channel_label: str
    state: State
    paused: bool = False
    state_text: str = ""
    received_at: int | None = None
    sent_at: int | None = None
    queued: int = 0
    failed: int = 0


class Inboxes(msgspec.Struct, frozen=True, kw_only=True):
    """All inboxes of the workspace. `says` is a sentence about what just did not work."""

    lines: tuple[InboxLine, ...] = ()
    says: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice among several: a team, an agent, an inbox. `detail` explains it."""

    id: str
    label: str
    detail: str = ""


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """Known mail houses; choosing one fills the servers in. `help` says what must be switched on there first."""

    key: str
    label: str
    help: str = ""


class InboxForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new inbox, or one being changed (`id` set). `stored` names the secrets that are already kept.

    `kinds` are the channels that a new one may be of; `seen` says what was stored when the form was made. `auths` are the ways to sign in.
    `listen_at` and `post_to` say where we take mail by LMTP and HTTP.
    `checks` is shown when the form was tested without scripts. `folders` is there once they were looked up.
    """

    form: Form
    id: str = ""
    seen: str = ""
    kinds: tuple[Kind, ...] = ()
    presets: tuple[Preset, ...] = ()
    preset: str = ""
    teams: tuple[Choice, ...] = ()
    auths: tuple[Choice, ...] = ()
    stored: tuple[str, ...] = ()
    listen_at: str = ""
    post_to: str = ""
    checks: Checks | None = None
    signature: Lines = ()
    folders: Folders | None = None
    confirmations: tuple[Confirmation, ...] = ()


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation as a customer of that language gets it; `usual` is the text that is sent where nobody wrote another."""

    language: str
    label: str
    subject: str
    text: str
    usual: str


class Folders(msgspec.Struct, frozen=True, kw_only=True):
    """The folders of an account, those chosen first marked; `trouble` says why they could not be looked up."""

    choices: tuple[Choice, ...] = ()
    trouble: str = ""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """How the bringing in of earlier messages stands; `ends_at` is when it will have come to its end at this pace.

    While it is `running` the browser asks for `/settings/inboxes/{id}/history`.
    """

    id: str
    total: int = 0
    done: int = 0
    per_second: int = 0
    ends_at: int | None = None
    ended_at: int | None = None
    paused: bool = False
    reason: str = ""

    @property
    def running(self) -> bool:
        return self.ended_at is None

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a test; `running` is the one being tried now."""

    name: str
    state: Literal["ok", "warn", "fail", "running", "waiting"]
    detail: str = ""
    fix: str = ""


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """A test of an inbox: lines as far as known. While `running`, the browser asks for `/settings/inboxes/tests/{id}`."""

    id: str
    lines: tuple[CheckLine, ...] = ()
    running: bool = False
    at: int | None = None


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A name and its value, to read."""

    label: str
    value: str


class Connect(msgspec.Struct, frozen=True, kw_only=True):
    """How an inbox stands at the provider that it signs in by. `ready`: an application is entered there.

    `reason` says why access is lost; `says` how the last consent ended, and `well` whether it ended well.
    """

    label: str
    state: Literal["none", "good", "lost"]
    ready: bool
    account: str = ""
    since: int | None = None
    reason: str = ""
    says: str = ""
    well: bool = False


class InboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """One inbox: how it is, how it is set, its last test. `opens_at` is set while the breaker keeps sending stopped.

    `connect` is there when it signs in by consent, `earlier` when messages of before are wanted.
    """

    line: InboxLine
    settings: tuple[Setting, ...] = ()
    teams: tuple[str, ...] = ()
    checks: Checks | None = None
    opens_at: int | None = None
    connect: Connect | None = None
    earlier: Earlier | None = None


class AgentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One agent in the list."""

    id: str
    name: str
    email: str
    role: str
    teams: tuple[str, ...] = ()
    seen_at: int | None = None
    disabled: bool = False
    invited: bool = False
    factors: tuple[Literal["app", "passkey"], ...] = ()


class InvitationLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is invited and has not answered. `letter` is the state of their letter, empty where a link was handed over."""

    id: str
    name: str
    email: str
    role: str
    teams: tuple[str, ...] = ()
    expires_at: int
    expired: bool = False
    letter: str = ""
    reason: str = ""


class Agents(msgspec.Struct, frozen=True, kw_only=True):
    """All agents, disabled ones last, and who is invited. `mails`: letters can leave, so that they need not be handed a link."""

    lines: tuple[AgentLine, ...] = ()
    invitations: tuple[InvitationLine, ...] = ()
    mails: bool = False


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """The link of an invitation, shown this once, to be handed over."""

    name: str
    email: str
    link: str
    until: int


class LetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One letter; `state` is queued, sending, sent, failed, unknown or withdrawn."""

    id: str
    kind: str
    name: str
    email: str
    state: str
    written_at: int
    tries: int = 0
    next_at: int | None = None
    reason: str = ""


class Letters(msgspec.Struct, frozen=True, kw_only=True):
    """The newest letters. `way` is the server or inbox they leave by, empty where there is none; `by_server` is the installation's."""

    lines: tuple[LetterLine, ...] = ()
    form: Form = Form()
    way: str = ""
    by_server: bool = False
    inboxes: tuple[Choice, ...] = ()
    has_address: bool = True


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """How a test of the provider went."""

    good: bool
    text: str


class ProviderForm(msgspec.Struct, frozen=True, kw_only=True):
    """The identity provider. `callback` is what it has to be told; `admins` are those who could come in without it."""

    form: Form
    callback: str
    connected: bool = False
    admins: tuple[Choice, ...] = ()
    tested: Tested | None = None


class AgentForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new agent or one being changed. `link` is a one-time link to set a password, shown this once.

    `mails` says that letters can leave; `sent` that one with such a link has just been written.
    """

    form: Form
    roles: tuple[Choice, ...]
    teams: tuple[Choice, ...] = ()
    id: str = ""
    link: str = ""
    link_until: int | None = None
    disabled: bool = False
    self: bool = False
    mails: bool = False
    sent: bool = False
    factors: tuple[FactorLine, ...] = ()


class SecondStep(msgspec.Struct, frozen=True, kw_only=True):
    """Of whom a second step is demanded. `without` are the agents who have none; `agents` counts all who may come in."""

    form: Form
    choices: tuple[Choice, ...]
    agents: int = 0
    without: tuple[Choice, ...] = ()


class TeamLine(msgspec.Struct, frozen=True, kw_only=True):
    """One team in the list."""

    id: str
    name: str
    agents: tuple[str, ...] = ()
    inboxes: tuple[str, ...] = ()


class Teams(msgspec.Struct, frozen=True, kw_only=True):
    """All teams, and the form for a new one."""

    lines: tuple[TeamLine, ...] = ()
    form: Form = Form()


class TeamForm(msgspec.Struct, frozen=True, kw_only=True):
    """One team being changed."""

    id: str
    form: Form
    agents: tuple[Choice, ...] = ()
    inboxes: tuple[Choice, ...] = ()


class EnvelopeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One quarantined envelope. `sender` and `subject` are as far as they could be read."""

    id: str
    inbox: str
    received_at: int
    size: int
    reason: str
    sender: str = ""
    subject: str = ""
    discarded_at: int | None = None


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be understood, newest first."""

    lines: tuple[EnvelopeLine, ...] = ()
    total: int = 0
    after: str = ""


class EnvelopePage(msgspec.Struct, frozen=True, kw_only=True):
    """One quarantined envelope. `raw` is its beginning as text, at most `shown` of `line.size` bytes; `tries` counts replays."""

    line: EnvelopeLine
    raw: str
    shown: int
    tries: int = 0
    last_try: int | None = None


class HealthLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing watched. `value` is short, `detail` one sentence, `fix` what to do when not fine."""

    name: str
    state: State
    value: str
    detail: str = ""
    fix: str = ""


class Conservation(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of envelopes: acknowledged = processed + queued + quarantined + erased by order. `missing` must be 0."""

    acknowledged: int
    processed: int
    queued: int
    quarantined: int
    missing: int
    checked_at: int
    erased: int = 0


class HealthGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that belong together: queues, leases, inboxes, system."""

    label: str
    lines: tuple[HealthLine, ...]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the whole system is, at `at`."""

    at: int
    version: str
    conservation: Conservation
    groups: tuple[HealthGroup, ...] = ()


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when, to what. `text` is a finished sentence without the name."""

    at: int
    who: str
    text: str
    target: str = ""
    href: str = ""
    address: str = ""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The audit log, newest first, with its filter."""

    lines: tuple[AuditLine, ...] = ()
    after: str = ""
    who: str = ""
    what: str = ""
    people: tuple[Choice, ...] = ()
    areas: tuple[Choice, ...] = ()
