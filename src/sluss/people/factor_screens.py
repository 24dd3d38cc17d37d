"""The contract between the templates of the second step and one's own factors, and whoever fills them. Pure data; instants in µs UTC.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /sign-in/second?way= | people/second.html `screen=Second` | one of `code`, `recovery`, `answer` (of a passkey) |
| POST /sign-in/again/second | people/again_second.html `screen=Second` (fragment in the dialog; answers 204 when done) | the same |
| POST /sign-in/passkey | people/sign_in.html with what is wrong | `answer`, `next` |
| GET, POST /me/fresh?next= | people/fresh.html `screen=Fresh`; people/resume.html `screen=Resume` for a form that waited | `password` or `answer`; `next`, `kept` |
| GET /me/protect?next= | people/protect.html `screen=Protect` | |
| GET /me/apps/new, POST /me/apps | people/app.html `screen=NewApp` | `wrapped`, `code`, `name`, `others` = on to end the other sessions |
| GET /me/passkeys/new, POST /me/passkeys | people/passkey.html `screen=NewPasskey` | `answer`, `name`, `others` |
| POST /me/factors/{id}/rename, …/remove | 303 /me | rename: `name` |
| POST /me/recovery-codes | people/codes.html `screen=Codes`, shown this once | |

`options` of a passkey are what the browser gives to its authenticator; the answer comes back as JSON in the field `answer`.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.web.shell import Form


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask an authenticator, as JSON, and the address at which it will answer."""

    options: str
    at: str


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """The second step. `ways` are what this person has; `way` is the one shown, `wait` seconds after too many wrong codes."""

    ways: tuple[Literal["passkey", "app", "recovery"], ...] = ()
    way: Literal["app", "recovery", ""] = ""
    passkey: Passkey | None = None
    form: Form = Form()
    wait: int = 0


class Fresh(msgspec.Struct, frozen=True, kw_only=True):
    """Once more who you are. `kept` is the form that waits, as JSON; without one the browser goes to `next`."""

    email: str
    next: str
    kept: str = ""
    has_password: bool = True
    passkey: Passkey | None = None
    form: Form = Form()
    wait: int = 0


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """The form that waited goes on its way."""

    action: str
    fields: tuple[tuple[str, str], ...]


class FactorLine(msgspec.Struct, frozen=True, kw_only=True):
    """One factor in a list."""

    id: str
    kind: Literal["app", "passkey"]
    name: str
    created_at: int
    used_at: int | None = None
    backed_up: bool = False


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """What one's own page shows of them. `due` is from when on the workspace lets nobody in without, if it does and there is none."""

    lines: tuple[FactorLine, ...] = ()
    codes_left: int = 0
    demanded: bool = False
    due: int | None = None
    may_have_passkeys: bool = True


class Protect(msgspec.Struct, frozen=True, kw_only=True):
    """Led here at sign-in: choose what to set up. `late` means that nothing else opens any more."""

    next: str
    due: int
    late: bool
    may_have_passkeys: bool = True


class NewApp(msgspec.Struct, frozen=True, kw_only=True):
    """A seed as a picture and as text; `wrapped` is how the form carries it."""

    picture: str
    seed: str
    wrapped: str
    form: Form = Form()


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask the authenticator to make; None where people reach Sluss at an address that no passkey can be bound to."""

    passkey: Passkey | None
    form: Form = Form()


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """Recovery codes, shown this once. `first` follows a first factor."""

    codes: tuple[str, ...]
    email: str
    first: bool = False
    next: str = "/me#second-step"
