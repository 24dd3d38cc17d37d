"""Authenticators in software: a phone that shows codes, and a device that keeps passkeys and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from html import unescape
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyotp.totp import TOTP
from webauthn.helpers import encode_cbor

from sluss.kernel.clock import SECOND, TestClock
from tests.world import Browser

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40

_WRAPPED = re.compile(r'name="wrapped" value="([^"]+)"')
_SEED = re.compile(r'class="mono seed">([A-Z2-7 ]+)<')
_OPTIONS = re.compile(r'data-passkey="([^"]+)"')
_CODE = re.compile(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>")


class Phone:
    """An authenticator app with one seed."""

    def __init__(self, seed: str, clock: TestClock) -> None:
        self.seed, self.clock = seed, clock
        self.recovery: list[str] = []

    def code(self, steps: int = 0) -> str:
        """What it shows now, or so many half minutes later."""
        return TOTP(self.seed).generate_otp(self.clock() // SECOND // 30 + steps)

    def next_code(self) -> str:
        """A code that was never used: half a minute later."""
        self.clock.move(30 * SECOND)
        return self.code()

    def wrong_code(self) -> str:
        """Six digits that are good neither now nor a little earlier or later."""
        good = {self.code(steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in good)


class Device:
    """Keeps passkeys (ES256). `flags` are what it claims about its owner; `counts` whether it counts its signatures."""

    def __init__(self, origin: str = ORIGIN, *, flags: int = PRESENT | VERIFIED, counts: bool = True) -> None:
        self.origin, self.flags, self.counts = origin, flags, counts
        self.id, self.key = os.urandom(32), ec.generate_private_key(ec.SECP256R1())
        self.rp_id, self.user, self.count = "localhost", b"", 0

    def make(self, options: dict[str, Any]) -> str:
        """The answer to what a page asks to be made."""
        self.rp_id, self.user = options["rp"]["id"], _bytes(options["user"]["id"])
        about = self._about(self.flags | ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self.public()
        said = {"attestationObject": word(encode_cbor({"fmt": "none", "attStmt": {}, "authData": about})), "transports": ["internal"]}
        return self._answer(said, self.client("webauthn.create", options["challenge"]))

    def answer(self, options: dict[str, Any], **instead: Any) -> str:
        """The answer to what a page asks; `instead` replaces parts of it after they were signed."""
        self.count += 1 if self.counts else 0
        client, about = self.client("webauthn.get", options["challenge"]), self._about(self.flags)
        signed = self.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"authenticatorData": word(about), "signature": word(signed), "userHandle": word(self.user)}
        return self._answer(said | instead, client)

    def _answer(self, said: dict[str, Any], client: bytes) -> str:
        response = {"clientDataJSON": word(client)} | said
        return json.dumps({"id": word(self.id), "rawId": word(self.id), "type": "public-key", "response": response})

    def _about(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def public(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})


async def add_app(browser: Browser, clock: TestClock, name: str = "Phone") -> Phone:
    """Set an authenticator app up as a person does; afterwards it shows a code that was not used."""
    page = (await browser.get("/me/apps/new")).text
    phone = Phone(_SEED.findall(page)[0].replace(" ", ""), clock)
    done = await browser.post("/me/apps", wrapped=_WRAPPED.findall(page)[0], code=phone.code(), name=name)
    assert done.status_code in {200, 303}, done.text
    phone.recovery = codes_on(done)
    clock.move(30 * SECOND)
    return phone


async def add_passkey(browser: Browser, device: Device | None = None, name: str = "Laptop") -> Device:
    """Make a passkey as a person does."""
    device = device or Device()
    options = options_on(await browser.get("/me/passkeys/new"))
    done = await browser.post("/me/passkeys", answer=device.make(options), name=name)
    assert done.status_code in {200, 303}, done.text
    return device


async def begin(browser: Browser, email: str, password: str, then: str = "/me") -> httpx.Response:
    """Give the password; the answer leads to the second step."""
    answer = await browser.sign_in(email, password, then)
    await browser.get("/sign-in/second")
    return answer


def options_on(page: httpx.Response) -> dict[str, Any]:
    """What the last form of a page asks of an authenticator."""
    return json.loads(unescape(_OPTIONS.findall(page.text)[-1]))


def codes_on(page: httpx.Response) -> list[str]:
    """The recovery codes that a page shows."""
    return _CODE.findall(page.text)


def word(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(word: str) -> bytes:
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
