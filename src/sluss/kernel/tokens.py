"""Unguessable words. In: nothing. Out: tokens for addresses and links, and what is kept of a secret one."""

from __future__ import annotations

import base64
import hashlib
import secrets

WORD_BYTES = 15


def new_token() -> str:
    """120 random bits as 24 lower-case letters and digits, fit for a mail address."""
    return base64.b32encode(secrets.token_bytes(WORD_BYTES)).decode().lower()


def new_secret() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What the database keeps of a secret: enough to recognise it, not to use it."""
    return hashlib.sha256(secret.encode()).digest()
