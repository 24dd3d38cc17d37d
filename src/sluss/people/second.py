"""The second step: a state machine that lives in the database, so that no order of requests leads around it.

    password (or identity provider) ──▶ pending ──▶ code of an app · passkey · recovery code ──▶ session
    passkey with its owner verified ──────────────────────────────────────────────────────────▶ session

In: a proof, and the token of a pending sign-in. Out: a session, or what was wrong. After five wrong proofs one begins again with the
password; wrong ones are counted for the person too, so that beginning again does not help, and each costs a longer wait.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.kernel.actors import Actor
from sluss.kernel.sealing import Sealer
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people import browser
from sluss.people.door import Entered, Person, Way, give, let_in, person_of, way_of
from sluss.people.factors import list_factors
from sluss.people.passkeys import Answered, Asking, Site, site_at, use_passkey
from sluss.people.pending import TRIES, Pending, find_pending, finish_pending, renew_pending, take_try
from sluss.people.recovery import codes_left, use_code
from sluss.people.throttle import NETWORK, Limit, Try, begin_try, forgive
from sluss.people.totp import use_app
from sluss.web.edge import Asked, Edge
from sluss.web.proxies import client_address, client_network

PERSON = Limit(TRIES, 900)
PASSKEY = Limit(20, 60)

LATE = say("That took too long. Please begin again.")
SPENT = say("That was wrong too often. Please begin again.")
WRONG_CODE = say("This code is not right, or was used already. Wait for the next one.")
WRONG_RECOVERY = say("This is not one of your recovery codes, or it was used already.")
WRONG_PASSKEY = say("This passkey is not known here. Try another, or sign in another way.")
COPIED = say("This passkey seems to exist twice, so it opens nothing any more. Sign in another way, remove it, and tell an administrator.")
SAID = {"late": LATE, "spent": SPENT}

Kind = Literal["app", "recovery", "passkey"]


class Proof(msgspec.Struct, frozen=True):
    """What was offered: one of a code, a recovery code, the answer of a passkey."""

    code: str = ""
    recovery: str = ""
    answer: str = ""

    @property
    def way(self) -> Kind:
        """Which of them it is."""
        return "passkey" if self.answer else "recovery" if self.recovery else "app"


class Standing(msgspec.Struct, frozen=True):
    """Who is on the way in, and what they have to prove themselves with."""

    credential_id: int
    ways: tuple[Kind, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How it went. `over` says that one has to begin again, and why; `token` is that of the pending sign-in from now on."""

    entered: Entered | None = None
    way: Kind = "app"
    fault: str = ""
    wait: int = 0
    over: Literal["", "late", "spent"] = ""
    token: str = ""

    @property
    def field(self) -> str:
        """The field that the fault belongs to."""
        return {"app": "code", "recovery": "recovery", "passkey": ""}[self.way]


class Offer(msgspec.Struct, frozen=True):
    """A proof, with all that is needed to look at it."""

    proof: Proof
    token: str
    sealer: Sealer
    site: Site | None


async def prove(edge: Edge, asked: Asked, proof: Proof) -> Outcome:
    """Take the second proof of whoever this browser is on the way in for; with the right one the session is open when this returns."""
    offer = Offer(proof, browser.read_cookie(asked.request, edge.config, browser.PENDING), edge.keyring, await site_at(asked))
    outcome = await edge.db.write(take_proof, offer, way_of(edge, asked, "", "/"))
    if outcome.entered is not None:
        give(edge, asked, outcome.entered)
    elif outcome.over:
        browser.drop_cookie(asked.request, edge.config, browser.PENDING)
    elif outcome.token != offer.token:
        give(edge, asked, Entered(path="", pending=outcome.token))
    return outcome


async def sign_in_with_passkey(edge: Edge, asked: Asked, answer: str, onward: str) -> Outcome:
    """A passkey whose owner was verified is password and second factor in one."""
    answered = Answered(Asking("sign-in", holder_of(asked)), await site_at(asked), answer, edge.keyring)
    network = client_network(client_address(asked.request.scope, edge.config))
    tried = Try(((f"passkey:{network}", PASSKEY), (f"network:{network}", NETWORK)))
    outcome = await edge.db.write(take_passkey, answered, tried, way_of(edge, asked, "passkey", onward), asked.host)
    if outcome.entered is not None:
        give(edge, asked, outcome.entered)
    return outcome


def take_proof(tx: Tx, offer: Offer, way: Way) -> Outcome:
    """One try at the second step. It is counted before the proof is looked at, so that many at once are many."""
    pending = find_pending(tx, offer.token)
    if pending is None:
        return Outcome(over="late")
    tried = Try(((f"second:{pending.credential_id}", PERSON),))
    wait = begin_try(tx, tried)
    if wait:
        return Outcome(way=offer.proof.way, wait=wait, token=offer.token)
    if not take_try(tx, offer.token):
        return Outcome(over="spent")
    fault = _look(tx, pending, offer)
    if fault:
        return _once_more(tx, pending, offer, fault)
    if not finish_pending(tx, offer.token):
        return Outcome(over="late")
    forgive(tx, tried)
    person = Person(pending.credential_id, pending.workspace_id, pending.agent_id, pending.name, "")
    how = f"{pending.how}, {offer.proof.way}"
    return Outcome(entered=let_in(tx, person, msgspec.structs.replace(way, how=how, onward=pending.onward)))


def take_passkey(tx: Tx, answered: Answered, tried: Try, way: Way, host: str) -> Outcome:
    """Sign in with a passkey alone; whatever is wrong, the answer is the same."""
    wait = begin_try(tx, tried)
    if wait:
        return Outcome(way="passkey", wait=wait)
    used = use_passkey(tx, answered)
    person = person_of(tx, used.credential_id, host) if used.credential_id else None
    if person is None:
        return Outcome(way="passkey", fault=COPIED if used.copied else WRONG_PASSKEY)
    forgive(tx, tried)
    return Outcome(entered=let_in(tx, person, way))


def standing_of(tx: Tx, token: str) -> Standing | None:
    """Who is on the way in by a token."""
    pending = find_pending(tx, token)
    if pending is None:
        return None
    kinds = {one.kind for one in list_factors(tx, pending.credential_id)}
    left: set[Kind] = {"recovery"} if codes_left(tx, pending.credential_id) else set()
    order: tuple[Kind, ...] = ("passkey", "app", "recovery")
    return Standing(pending.credential_id, tuple(one for one in order if one in kinds | left))


def holder_of(asked: Asked) -> str:
    """A browser that nobody has signed in with, as challenges know it."""
    return asked.reader.csrf or browser.form_token(asked.request, asked.edge.config)


def name_of(token: str) -> str:
    """A pending sign-in, as challenges know it."""
    return hash_of(token).hex()


def _look(tx: Tx, pending: Pending, offer: Offer) -> str:
    """What is wrong with the proof, as a sentence, or nothing."""
    proof = offer.proof
    if proof.way == "app":
        return "" if use_app(tx, offer.sealer, pending.credential_id, proof.code) else WRONG_CODE
    if proof.way == "recovery":
        who = Actor(pending.workspace_id, "agent", pending.agent_id, pending.name)
        return "" if use_code(tx, who, pending.credential_id, proof.recovery) else WRONG_RECOVERY
    asking = Asking("second", name_of(offer.token), pending.credential_id)
    used = use_passkey(tx, Answered(asking, offer.site, proof.answer, offer.sealer))
    return COPIED if used.copied else "" if used.credential_id else WRONG_PASSKEY


def _once_more(tx: Tx, pending: Pending, offer: Offer, fault: str) -> Outcome:
    if pending.tries + 1 >= TRIES:
        finish_pending(tx, offer.token)
        return Outcome(over="spent")
    return Outcome(way=offer.proof.way, fault=fault, token=renew_pending(tx, offer.token))
