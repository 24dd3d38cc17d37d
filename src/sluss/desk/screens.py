"""The contract between the desk's templates and whoever fills them. Pure data; instants are µs UTC, ids strings.

Pages (a whole page, or with `HX-Request-Type: partial` the fragment named; always `Vary: HX-Request-Type`):

| address | template, values | partial when `HX-Target` is |
| --- | --- | --- |
| GET /inbox/{view}?sort=&after= | desk/inbox.html `desk=Desk` | `ul#rows` → desk/more.html `queue=Queue` (next rows and the button) |
| GET /inbox/{view}/{no}?m={message} | desk/inbox.html `desk=Desk` with `case` | `div#panes` → desk/pane.html `desk=Desk` (`queue.rows` may be empty) |
| GET /cases/{no}/fresh?view=&seen=&shown= | desk/fresh.html `desk=Desk` (head, timeline, side as partials; never the composer) | always a fragment |
| GET /cases/{no}/earlier?before={item} | desk/earlier.html `case=Case` (items before that one) | always a fragment |
| GET /search?q=&after=&sort= | desk/search.html `found=Found`; a number alone 303 to its case | |
| GET /search/quick?q= | JSON `{items: [{kind, title, detail, href, icon}]}`: customers and cases | |
| GET /c/{no}?m={item} | 303 to the best view, at that message or note | |
| GET /cases/{no}/callable | JSON `[{"kind", "name", "detail"}]`: whom an `@` in a note completes | |
| GET /files/{id}, /files/{id}/thumb | bytes | |
| GET /messages/{id}/frame?images=1 | sanitised mail HTML, its own CSP; see frame.js | |
| GET /messages/{id}/raw | the mail as it came, a download | |
| GET /messages/{id}/headers | its original headers: desk/headers.html `source=Source` as a dialog, or plain text | `dialogs` |
| GET /cases/{no}/forward?m={message} | desk/forward.html `forward=ForwardForm` as a dialog, or a page | `dialogs` |
| GET /cases/{no}/merge?q=&other=&keep= | desk/merge.html `merge=MergeScreen` (joining.py) as a dialog, or a page | `dialogs`; `merge-choices` → the list alone |
| GET /cases/{no}/move?m={message} | desk/move.html `move=MoveScreen` as a dialog, or a page | `dialogs` |
| GET /live?after={position}, GET /live/ping | event stream; 204 or 401; see stream.js | |

Writes. All are POST, carry `csrf`, `op` (32 hex characters at most; same op, same answer) and `back` (a path on this host).
Without htmx the answer is 303 to `back`. With htmx: 200 desk/done.html `desk=Desk`, with what changed in `desk.pieces` and toasts in `page`;
422 the form again; 409 desk/stopped.html `stopped=Stopped` (a dialog); 401 no body (the browser asks for a sign-in and keeps the text).

| address | fields |
| --- | --- |
| /cases/{no}/reply | `conversation_id`, `spoiler`, `described` and `alt` (repeated pairs), `template` with `place` and `value` (repeated pairs), `confirmed` after Stopped; `body`, `cc` and `bcc` (addresses, comma-separated), `file` (repeated ids), `seen` (the mark of what was shown), `revision`, `then` = stay or solve, `anyway` = 1, `trust` = 1 and `crowd` = number after Stopped; `then` = note writes it as a note instead |
| /cases/{no}/way | as a reply, with `to`: the conversation to answer in → the composer again |
| /cases/{no}/parts | `body`, `spoiler`, `conversation_id` → JSON `{"parts", "found": [{"kind", "text"}], "error"}` |
| /messages/{id}/deeds | `kind`, `body` (edit), `emoji` (react), `reason`; GET /messages/{id}/deed?kind= asks first → desk/deed.html `deed=DeedForm` |
| /operations/{id}/back | takes a deed back |
| /cases/{no}/note | `body`, `file`, `revision` |
| /cases/{no}/forward | `to`, `body`, `m` (message, or empty for the whole conversation), `file` (repeated ids of theirs), `crowd`, `seen` |
| /cases/{no}/side | `to` (addresses, or names of colleagues), `about`, `body`, `thread` (a conversation, or empty for a new one), `quote` and `passed` (repeated ids of messages and of their files), `file`, `revision`, `crowd`, `seen` |
| /cases/{no}/draft | `kind` = reply, note or side, `body`, `cc`, `bcc`, `file`, `revision`, `sheet` (the `op` of the form) → 200 JSON `{"revision": 4, "saved_at": "2026-…Z"}`, 409 JSON `{"revision", "body", "by", "sent"}` |
| /cases/{no}/files | multipart `file` (one) → 201 JSON `{"id", "name", "size"}`, 413 or 422 JSON `{"error": "one sentence"}`; without scripts the reply form carries `upload` files itself |
| /cases/{no}/undo | `operation` → composer with the exact draft again; 409 when it has already left |
| /cases/{no}/assign | `agent` (id, `me`, or empty for nobody) |
| /cases/{no}/status | `status` = open, pending, snoozed, solved, spam; `until` = hour, evening, tomorrow, monday, reply or a local `YYYY-MM-DDTHH:MM`; `seen` and `anyway` as for a reply, for solved |
| /cases/{no}/merge | `other` (number), `keep` (the number that stays; this one unless said) |
| /cases/{no}/move | `m` (message), `what` = from, only, all; `where` = new or there, `to` (number); `note` (repeated) |
| /moves/{id}/undo | gives back what a merge or a move brought |
| /cases/{no}/priority | `priority` = low, normal, high, urgent |
| /cases/{no}/tags | `tag` (repeated: the whole new set), `new` (comma-separated names) |
| /cases/{no}/presence | `doing` = reading, reply, note, side or gone; `tab` (8 to 32 hex characters of the tab's own) → 204 |
| /cases/{no}/follow | `follow` = 1 or empty, `agent` (a colleague, for leads; 0 is oneself) |
| /cases/{no}/read | empty; marks as seen by this agent, and tells a visitor that one of us has read → 204 |
| /proposals/{id}/link | `no` (the case that is looked at, and stays): merges the other into it; the way back is /moves/{id}/undo |
| /proposals/{id}/refuse, /proposals/{id}/reopen | `no`: never proposed again, or proposed once more |
| /cases/bulk | `no` (repeated), `action` = solve, assign-me, pending, spam, open → 200 desk/done.html with rows as toasts only |
| /operations/{id}/retry | `anyway` = 1 for an unknown result |
| /operations/{id}/cancel | |
| /operations/release | lets held operations go (admin) |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from sluss.broadcast.linking import About
from sluss.customers.screens import Contact, Person
from sluss.desk.item_screens import File, Item
from sluss.desk.list_screens import Here, Priority, Queue, Status, View, Visit
from sluss.desk.public_screens import Approved, Exposed, PostView, Side, Window
from sluss.moderation.screens import Awaiting
from sluss.web.shell import Form

Piece = Literal["head", "timeline", "composer", "side"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An unsent text as the server has it. `revision` grows with each save; `by` names another agent who wrote last, else empty."""

    body: str = ""
    cc: str = ""
    bcc: str = ""
    files: tuple[File, ...] = ()
    revision: int = 0
    saved_at: int | None = None
    by: str = ""


class SideDraft(Draft, frozen=True, kw_only=True):
    """A question beside the customer: `to` as typed, `quoted` are messages that go along, `passed` files of theirs.

    `thread` is the conversation that it goes on in, which is `about` that; both are empty for a new one.
    """

    to: str = ""
    subject: str = ""
    thread: str = ""
    about: str = ""
    quoted: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


class Run(msgspec.Struct, frozen=True):
    """Words of one look within a line of a signature."""

    text: str
    strong: bool = False
    href: str = ""


class Composer(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes, said in full: `to_name` <`to_address`> by `channel_label` from `from_name` <`from_address`>.

    `closed` is a sentence why no reply is possible here (then only notes). `tab` is the one open at first. `undo_seconds` 0 sends at once.
    `live`: the customer reads as it is written, and sees the agent's name `as_name`. `way` is the inbox by which it leaves.
    `everybody` is what Cc holds after Reply to all; `signature` stands below what is sent, lines of words; `quotes` says that the
    customer's message follows it. `side` is there where somebody can be asked aside.

    On networks: `sides` are the case's conversations, `conversation` the one that is answered, as `account`. `counts`, `reserved` and
    `max_length` say how long one message may be (`splits`: more become several), `window` until when, `templates` what goes after that
    (`must_template`: alone). `url` is where people answer who cannot here. `exposed` was found in the text, `confirmed` names it.
    """

    to_name: str
    to_address: str
    channel_icon: str
    channel_label: str
    from_name: str
    from_address: str
    reply: Draft = Draft()
    note: Draft = Draft()
    side: SideDraft | None = None
    form: Form = Form()
    tab: Literal["reply", "note", "side"] = "reply"
    visibility: Literal["public", "private"] = "private"
    can_cc: bool = False
    everybody: str = ""
    others: tuple[str, ...] = ()
    signature: tuple[tuple[Run, ...], ...] = ()
    quotes: bool = False
    can_place: bool = False
    can_attach: bool = False
    max_length: int | None = None
    max_file_bytes: int | None = None
    undo_seconds: int = 0
    closed: str = ""
    doubtful: bool = False
    can_ask: bool = False
    live: bool = False
    as_name: str = ""
    way: str = ""
    sides: tuple[Side, ...] = ()
    conversation: str = ""
    account: str = ""
    counts: str = "characters"
    reserved: int = 0
    splits: bool = False
    max_files: int | None = None
    has_alt: bool = False
    has_spoiler: bool = False
    link_price: str = ""
    spoiler: str = ""
    audience: str = ""
    url: str = ""
    window: Window | None = None
    templates: tuple[Approved, ...] = ()
    must_template: bool = False
    exposed: tuple[Exposed, ...] = ()


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """The customer on a web site. `proven` is whom the site's own sign-in says this is, `email_proof` why the address is thought theirs.

    `page_url` is text from outside: shown, copied, never fetched and never a link; empty where they are in a newer case now.
    """

    id: str
    name: str = ""
    proven: str = ""
    email: str = ""
    email_proof: Literal["", "code", "token"] = ""
    language: str = ""
    zone: str = ""
    local_time: str = ""
    browser: str = ""
    page_title: str = ""
    page_url: str = ""
    referrer: str = ""
    first_seen: int = 0


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One open case: head, timeline, composer, side.

    `seen` is the mark of what is shown here, `news` the newest thing after the mark that the page already had.
    `followers` can all see the case; `could_follow` are the others who can, for those who may choose for colleagues.
    `earlier` counts items older than `first` that are not shown; `focus` is the item a deep link asks for.
    `agents` and `all_tags` fill the menus. `live`: it came by a live channel; `visit` and `visitors` are the customer on the web site.
    `sides` are its conversations, where any goes by a network; `public` as for rows, `posts` are what its public conversations hang under.
    `exposed` is what the customer should not have said in public; `passed`: it was answered in private since the last word in public.
    `notices` are those that it is about, or may be.
    """

    id: str
    no: int
    subject: str
    status: Status
    priority: Priority
    inbox: str
    channel_icon: str
    channel_label: str
    opened_at: int
    items: tuple[Item, ...]
    contact: Contact
    composer: Composer
    seen: str = ""
    news: News | None = None
    snoozed_until: int | None = None
    waiting_since: int | None = None
    due: int | None = None
    assignee: Person | None = None
    following: bool = False
    followers: tuple[Person, ...] = ()
    could_follow: tuple[Person, ...] = ()
    team: str = ""
    tags: tuple[str, ...] = ()
    agents: tuple[Person, ...] = ()
    all_tags: tuple[str, ...] = ()
    first: str = ""
    earlier: int = 0
    focus: str = ""
    banners: tuple[CaseBanner, ...] = ()
    proposals: tuple[CaseProposal, ...] = ()
    here: tuple[Here, ...] = ()
    live: bool = False
    visit: Visit | None = None
    visitors: tuple[Visitor, ...] = ()
    sides: tuple[Side, ...] = ()
    public: Literal["", "public", "both"] = ""
    posts: tuple[PostView, ...] = ()
    exposed: ExposedHere | None = None
    passed: bool = False
    waiting: tuple[Awaiting, ...] = ()
    notices: tuple[About, ...] = ()
    previous_no: int | None = None
    next_no: int | None = None


class ExposedHere(msgspec.Struct, frozen=True, kw_only=True):
    """Something personal that the customer has said in public, and everybody can read: in which message, of which kinds."""

    message: str
    kinds: tuple[str, ...]
    can_hide: bool = False


class CaseProposal(msgspec.Struct, frozen=True, kw_only=True):
    """Another case that may be this one, why, and who has answered there already. Linking merges it into the case that is looked at."""

    id: str
    no: int
    subject: str
    text: str
    answered_at: int | None = None
    answered_by: str = ""
    may_work: bool = True


class CaseBanner(msgspec.Struct, frozen=True, kw_only=True):
    """Something about this case only: a reopened one, a claim to continue a conversation, its inbox failing."""

    kind: Literal["info", "warn", "bad"]
    text: str
    action: str = ""
    href: str = ""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The whole desk. `pieces` says which parts desk/done.html sends back."""

    views: tuple[View, ...]
    queue: Queue
    case: Case | None = None
    pieces: tuple[Piece, ...] = ()
    unassigned: int = 0
    first_steps: tuple[FirstStep, ...] = ()


class FirstStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the checklist that a new workspace shows on its empty desk, for those who may configure."""

    label: str
    done: bool
    href: str


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody else said meanwhile: an answer of ours (`ours`), perhaps by another program (`origin`), a message or a note."""

    id: str
    by: str
    at: int
    text: str
    ours: bool = False
    note: bool = False
    origin: str = ""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """A send that was stopped: there is news that the sender had not seen, `crowd` new people would get it, or the customer is `doubtful`.

    `told` are the questions that were answered before this one, as fields of the form; `to` is the doubtful address.
    `op` is the form's own: what was refused has not been used. `solving` is a bare change of status, without a text. `exposed` is what
    everybody could read, as `account` on `network`; `pairs` fill a template's places.
    """

    no: int
    op: str
    news: News | None = None
    crowd: int = 0
    draft: Draft = Draft()
    then: Literal["stay", "solve"] = "stay"
    solving: bool = False
    seen: str = ""
    doubtful: bool = False
    to: str = ""
    told: Mapping[str, str] = {}
    exposed: tuple[Exposed, ...] = ()
    account: str = ""
    network: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


class Source(msgspec.Struct, frozen=True):
    """The head of a mail as it came."""

    id: str
    text: str


class ForwardForm(msgspec.Struct, frozen=True, kw_only=True):
    """Passing on one message, or the whole conversation. `files` are what goes along, `chosen` those ticked; `told` shows what follows.

    `news` is what somebody said while the form was open; `seen` covers it.
    """

    no: int
    message: str
    to: str = ""
    body: str = ""
    told: tuple[tuple[str, int, str], ...] = ()
    whole: bool = False
    can_whole: bool = False
    files: tuple[File, ...] = ()
    chosen: tuple[str, ...] = ()
    form: Form = Form()
    crowd: int = 0
    undo_seconds: int = 0
    seen: str = ""
    news: News | None = None
