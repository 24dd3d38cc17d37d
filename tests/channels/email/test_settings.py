"""Settings of a mailbox: what is wrong is named by field, with what to do."""

from __future__ import annotations

import msgspec
import pytest

from sluss.channels.email.settings import PRESETS, InboxSecrets, InboxSettings, check_settings
from tests.channels.email.mailroom import SUPPORT

GOOD = {"imap_host": "imap.norrsken.example", "smtp_host": "smtp.norrsken.example", "user": SUPPORT}
SECRETS = {"password": "x"}


def test_good_settings_come_back_typed():
    found = check_settings(SUPPORT, GOOD | {"imap_port": "143", "imap_security": "starttls", "days_back": " 7 "}, SECRETS)
    assert isinstance(found, InboxSettings)
    assert (found.imap_port, found.imap_security, found.days_back) == (143, "starttls", 7)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("imap_port", "imaps"),
        ("imap_port", 70_000),
        ("imap_security", "ssl"),
        ("imap_host", "imap norrsken"),
        ("imap_host", ""),
        ("smtp_host", "http://x"),
        ("days_back", -2),
        ("largest_mail", 500),
        ("folder", ""),
        ("from_name", "a\r\nBcc: x"),
        ("aliases", ["not an address"]),
        ("certificate", "nonsense"),
        ("user", ""),
    ],
)
def test_wrong_field_is_named_with_a_sentence(field: str, value: object):
    found = check_settings(SUPPORT, GOOD | {field: value}, SECRETS)
    assert isinstance(found, dict)
    assert list(found) == [field]
    assert found[field].endswith(".")


def test_wrong_address_and_missing_secrets_are_named():
    assert check_settings("support", GOOD, SECRETS) == {"address": "Write the mailbox's address, such as support@example.com."}
    assert check_settings(SUPPORT, GOOD, {}) == {"password": "Write the password, at many providers an app password."}
    assert "http_secret" in str(check_settings(SUPPORT, GOOD | {"way_in": "http"}, SECRETS))


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "own"])
def test_presets_fill_in_the_servers(name: str):
    assert isinstance(check_settings(SUPPORT, PRESETS[name].values | {"user": SUPPORT}, SECRETS), InboxSettings)


def test_secrets_are_not_shown():
    assert "hunter2" not in repr(msgspec.convert({"password": "hunter2"}, InboxSecrets))
