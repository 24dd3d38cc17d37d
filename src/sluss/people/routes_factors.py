"""One's own factors: authenticator apps, passkeys, recovery codes, and the page that asks once more who one is.

Out: pages of `people/factor_screens.py`. Every change wants fresh proof.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people import door, totp
from sluss.people.access import SIGNED_IN, give_session
from sluss.people.factor_screens import Codes, Factors, Fresh, NewApp, NewPasskey, Protect, Resume
from sluss.people.factors import factors_screen, remove_factor, rename_factor
from sluss.people.fresh import fresh_screen, require_fresh
from sluss.people.once import once
from sluss.people.passkeys import Answered, Asking, add_passkey, ask_to_make, site_at, use_passkey
from sluss.people.recovery import codes_left, renew_codes
from sluss.people.second import COPIED, WRONG_PASSKEY
from sluss.people.sessions import Session, end_others, freshen_session
from sluss.web.edge import Asked, Edge, local_path
from sluss.web.locale import gettext as _
from sluss.web.shell import Form
from sluss.web.troubles import TooManyTries

SHOWN = "/me?saved=factor#second-step"

WRONG_FIRST_CODE = say("This code is not right. Look at the clock of your phone, and type the code that it shows now.")
WRONG_PAGE = say("This page is too old. Scan the new code, and remove the old one from your app.")
NOT_MADE = say("The passkey was not made, or the page was too old. Try once more.")


class ProofForm(msgspec.Struct, frozen=True):
    """The password or a passkey's answer; where to go on, and the form that waits."""

    password: str = ""
    answer: str = ""
    next: str = "/me"
    kept: str = ""


class AppForm(msgspec.Struct, frozen=True):
    """The seed as the page wrapped it, and the first code."""

    wrapped: str
    code: str
    name: str = ""
    others: str = ""
    next: str = ""


class PasskeyForm(msgspec.Struct, frozen=True):
    """What the authenticator made."""

    answer: str
    name: str = ""
    others: str = ""
    next: str = ""


class NameForm(msgspec.Struct, frozen=True):
    """What a factor is called from now on."""

    name: str


@get("/me/fresh", may=SIGNED_IN)
async def fresh_page(asked: Asked, session: Session) -> Response[str]:
    return _fresh(asked, await fresh_screen(asked, session, local_path(asked.request.query_params.get("next", "/me"), "/me")))


@post("/me/fresh", may=SIGNED_IN, status_code=200)
async def take_proof(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    form = await asked.form(ProofForm)
    try:
        fault = await _fault(edge, asked, session, form)
    except TooManyTries as wait:
        return _fresh(asked, msgspec.structs.replace(await _again(asked, session, form), wait=wait.seconds))
    if fault:
        field, sentence = fault
        return _fresh(asked, msgspec.structs.replace(await _again(asked, session, form), form=Form({}, {field: _(sentence)})))
    give_session(asked.request, edge, await edge.db.write(prove, who, session.id))
    kept = _read_kept(form.kept)
    if kept is None:
        return asked.go(local_path(form.next, "/me"))
    return asked.answer("people/resume.html", asked.page(_("Thank you")), screen=kept)


@get("/me/protect", may=SIGNED_IN)
async def protect_page(edge: Edge, asked: Asked, session: Session) -> Response[str] | Redirect:
    onward = local_path(asked.request.query_params.get("next", "/"))
    if session.factor_due is None:
        return asked.go(onward)
    due = session.factor_due
    possible = await site_at(asked) is not None
    screen = Protect(next=onward, due=due, late=due <= edge.db.clock(), may_have_passkeys=possible)
    return asked.answer("people/protect.html", asked.page(_("Protect your sign-in"), "me"), screen=screen)


@get("/me/apps/new", may=SIGNED_IN)
async def app_page(edge: Edge, asked: Asked, session: Session) -> Response[str]:
    await require_fresh(asked, session)
    given = Form({"next": local_path(asked.request.query_params.get("next", ""), "")})
    return _app(edge, asked, session, totp.new_seed(), given)


@post("/me/apps", may=SIGNED_IN, status_code=200)
async def add_app(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    await require_fresh(asked, session)
    form = await asked.form(AppForm)
    seed = totp.unwrap_seed(edge.keyring, form.wrapped, session.id)
    typed = {"name": form.name, "others": form.others, "next": form.next}
    if seed is None:
        return _app(edge, asked, session, totp.new_seed(), Form(typed, {"code": _(WRONG_PAGE)}))
    first = totp.First(seed, form.code, form.name.strip() or _("Authenticator app"))
    try:
        right = await edge.db.write(once, who, await asked.op(), totp.add_app, edge.keyring, first)
    except Invalid as error:
        return _app(edge, asked, session, seed, Form(typed, {name: _(sentence) for name, sentence in error.fields.items()}))
    if not right:
        return _app(edge, asked, session, seed, Form(typed, {"code": _(WRONG_FIRST_CODE)}))
    return await _added(edge, asked, session, (bool(form.others), form.next))


@get("/me/passkeys/new", may=SIGNED_IN)
async def passkey_page(asked: Asked, session: Session) -> Response[str]:
    await require_fresh(asked, session)
    return await _passkey(asked, session, Form({"next": local_path(asked.request.query_params.get("next", ""), "")}))


@post("/me/passkeys", may=SIGNED_IN, status_code=200)
async def add_key(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    await require_fresh(asked, session)
    form = await asked.form(PasskeyForm)
    typed = {"name": form.name, "others": form.others, "next": form.next}
    answered = Answered(_registering(session), await site_at(asked), form.answer, edge.keyring)
    try:
        fits = await edge.db.write(once, who, await asked.op(), add_passkey, answered, form.name.strip() or _("Passkey"))
    except (Invalid, Conflict) as error:
        faults = error.fields if isinstance(error, Invalid) else {"": error.sentence}
        return await _passkey(asked, session, Form(typed, {name: _(sentence) for name, sentence in faults.items()}))
    if not fits:
        return await _passkey(asked, session, Form(typed, {"": _(NOT_MADE)}))
    return await _added(edge, asked, session, (bool(form.others), form.next))


@post("/me/factors/{factor_id:int}", may=SIGNED_IN, status_code=303)
async def rename(edge: Edge, asked: Asked, who: Actor, session: Session, factor_id: int) -> Redirect:
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), rename_factor, factor_id, (await asked.form(NameForm)).name)
    return asked.go(SHOWN)


@post("/me/factors/{factor_id:int}/remove", may=SIGNED_IN, status_code=303)
async def remove(edge: Edge, asked: Asked, who: Actor, session: Session, factor_id: int) -> Redirect:
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), remove_factor, factor_id)
    return asked.go(SHOWN)


@post("/me/recovery-codes", may=SIGNED_IN, status_code=200)
async def new_codes(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str]:
    """The answer is the only place where the codes ever stand, so it is made anew each time the form comes."""
    await require_fresh(asked, session)
    return _codes(asked, Codes(codes=tuple(await edge.db.write(renew_codes, who)), email=session.email))


async def own_factors(edge: Edge, asked: Asked, session: Session) -> Factors:
    """What one's own page shows."""
    found = await edge.db.read(factors_screen, session.who, session.credential_id)
    left = await edge.db.read(codes_left, session.credential_id)
    possible = await site_at(asked) is not None
    return msgspec.structs.replace(found, codes_left=left, due=session.factor_due, may_have_passkeys=possible)


def prove(tx: Tx, who: Actor, session_id: int) -> str:
    """The agent has shown once more who they are. Returns the session's new token."""
    note_deed(tx, who, "agent.proof", ("agent", who.id))
    return freshen_session(tx, session_id)


async def _fault(edge: Edge, asked: Asked, session: Session, form: ProofForm) -> tuple[str, str] | None:
    """What is wrong with the proof: a field and a sentence."""
    if form.answer:
        asking = Asking("fresh", str(session.id), session.credential_id)
        used = await edge.db.write(use_passkey, Answered(asking, await site_at(asked), form.answer, edge.keyring))
        return None if used.credential_id else ("", COPIED if used.copied else WRONG_PASSKEY)
    right = await door.is_password(edge, asked, session.email, form.password)
    return None if right else ("password", "This is not your password.")


async def _again(asked: Asked, session: Session, form: ProofForm) -> Fresh:
    kept = form.kept if _read_kept(form.kept) is not None else ""
    return await fresh_screen(asked, session, local_path(form.next, "/me"), kept)


def _read_kept(kept: str) -> Resume | None:
    """The form that waits, if there is one and it is for a page of ours."""
    try:
        found = msgspec.json.decode(kept, type=Resume) if kept else None
    except msgspec.DecodeError:
        return None
    return found if found is not None and found.action == local_path(found.action) else None


async def _added(edge: Edge, asked: Asked, session: Session, wanted: tuple[bool, str]) -> Response[str] | Redirect:
    """After a new factor: another token, the other browsers out where wanted, and the first recovery codes."""
    others, onward = wanted
    if others:
        await edge.db.write(end_others, session.who, session.id)
    give_session(asked.request, edge, await edge.db.write(freshen_session, session.id))
    onward = local_path(onward, SHOWN)
    if await edge.db.read(codes_left, session.credential_id):
        return asked.go(onward)
    codes = await edge.db.write(renew_codes, session.who)
    return _codes(asked, Codes(codes=tuple(codes), email=session.email, first=True, next=onward))


def _fresh(asked: Asked, screen: Fresh) -> Response[str]:
    status = 429 if screen.wait else 422 if screen.form.errors else 200
    answer = asked.answer("people/fresh.html", asked.page(_("Is it you?"), "me"), status, screen=screen)
    if screen.wait:
        answer.headers["Retry-After"] = str(screen.wait)
    return answer


def _app(edge: Edge, asked: Asked, session: Session, seed: str, form: Form) -> Response[str]:
    picture = totp.picture_of(seed, session.email, session.workspace)
    spaced = " ".join(seed[at : at + 4] for at in range(0, len(seed), 4))
    screen = NewApp(picture=picture, seed=spaced, wrapped=totp.wrap_seed(edge.keyring, seed, session.id), form=form)
    return asked.answer("people/app.html", asked.page(_("Authenticator app"), "me"), 422 if form.errors else 200, screen=screen)


async def _passkey(asked: Asked, session: Session, form: Form) -> Response[str]:
    passkey = await ask_to_make(asked, _registering(session), (session.email, session.name))
    screen = NewPasskey(passkey=passkey, form=form)
    return asked.answer("people/passkey.html", asked.page(_("Passkey"), "me"), 422 if form.errors else 200, screen=screen)


def _registering(session: Session) -> Asking:
    return Asking("register", str(session.id), session.credential_id)


def _codes(asked: Asked, screen: Codes) -> Response[Any]:
    return asked.answer("people/codes.html", asked.page(_("Recovery codes"), "me"), screen=screen)


ROUTES = [
    *(fresh_page, take_proof, protect_page),
    *(app_page, add_app, passkey_page, add_key),
    *(rename, remove, new_codes),
]
