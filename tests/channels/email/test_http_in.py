"""Posted mail passes with a good signature only."""

from __future__ import annotations

import pytest

from sluss.channels.email.http_in import NotSigned, accept_posted, signature_of
from tests.channels.email.mailroom import NOW, inbox

SECRET = "a-secret-of-20-bytes"
RAW = b"From: asa@customer.example\r\n\r\nHej"
GOOD = signature_of(RAW, SECRET)
WRONG = ["", "sha256=", "é", GOOD[:-1], signature_of(RAW, "another-secret-here"), signature_of(b"", SECRET)]


def test_signed_mail_is_delivered():
    found = accept_posted(inbox(secrets={"http_secret": SECRET}), RAW, signature_of(RAW, SECRET), NOW, ("support@norrsken.example",))
    assert (found.raw, found.recipients, found.received_at) == (RAW, ("support@norrsken.example",), NOW)
    assert found.external_key.startswith("http:")


@pytest.mark.parametrize("signature", WRONG)
def test_anything_else_is_not(signature: str):
    with pytest.raises(NotSigned):
        accept_posted(inbox(secrets={"http_secret": SECRET}), RAW, signature, NOW)


@pytest.mark.parametrize("secret", ["", "short"])
def test_an_inbox_without_a_secret_takes_nothing(secret: str):
    with pytest.raises(NotSigned, match="no secret"):
        accept_posted(inbox(secrets={"http_secret": secret}), RAW, signature_of(RAW, secret), NOW)
