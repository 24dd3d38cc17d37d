"""The declared fields of a network's form: typed, stored, shown again, and refused with a sentence."""

import pytest

from sluss.channels.fields import DAILY_CAP, SHARED, Field, FieldForm, NetworkSettings, checked
from sluss.kernel.errors import Invalid

FIELDS = (
    Field(name="page_id", label="Page ID", required=True),
    Field(name="token", label="Token", kind="secret", required=True),
    Field(name="tier", label="Tier", kind="choice", choices=(("free", "Free"), ("paid", "Paid")), default="free"),
    Field(name="stream", label="Stream", kind="check"),
    DAILY_CAP,
    *SHARED,
)
FORM = FieldForm(FIELDS)


class Settings(NetworkSettings, frozen=True, kw_only=True):
    page_id: str = ""
    tier: str = "free"
    stream: bool = False


def test_a_form_is_read_checked_stored_and_shown_again_without_its_secrets() -> None:
    """Amounts are stored in millionths, boxes that are not ticked as no, secrets apart."""
    typed = {"page_id": " 102 ", "token": " EAA ", "daily_cap": "2,50", "stream": "on", "private_mail_inbox_id": "7", "api": ""}
    settings, secrets = FORM.read_fields(typed)
    assert secrets == {"token": "EAA"}
    found = checked(Settings, FIELDS, settings, secrets)
    assert found == Settings(page_id="102", stream=True, daily_cap=2_500_000, private_mail_inbox_id=7)
    shown = FORM.show_fields({"page_id": "102", "stream": True, "daily_cap": 2_500_000, "private_mail_inbox_id": 7})
    assert shown == {
        "page_id": "102",
        "tier": "free",
        "stream": "true",
        "daily_cap": "2.50",
        "handle": "",
        "private_mail_inbox_id": "7",
        "private_chat_inbox_id": "",
        "api": "",
    }
    assert FORM.read_fields({})[0]["stream"] is False


def test_each_wrong_field_has_its_own_sentence() -> None:
    """What is missing, of the wrong form, of no list, or no address is told at once."""
    values = {"tier": "gold", "daily_cap": "much", "private_mail_inbox_id": "x", "api": "javascript:alert(1)", "handle": "a\x00b"}
    faults = checked(Settings, FIELDS, values, {})
    assert isinstance(faults, dict)
    assert set(faults) == {"page_id", "token", "tier", "daily_cap", "private_mail_inbox_id", "api", "handle"}
    for amount in ("-1", "NaN", "1e99", "inf"):
        settings, _secrets = FORM.read_fields({"page_id": "1", "daily_cap": amount})
        faults = checked(Settings, FIELDS, settings, {"token": "t"})
        assert set(faults if isinstance(faults, dict) else ()) == {"daily_cap"}, amount


def test_words_of_the_command_line_name_settings_and_nothing_else() -> None:
    """A secret is never a word, and an unknown name is answered with those that there are."""
    assert FORM.read_words({"page_id": "1", "daily_cap": "1"}) == {"page_id": "1", "daily_cap": 1_000_000}
    for name in ("token", "colour"):
        with pytest.raises(Invalid) as refused:
            FORM.read_words({name: "x"})
        assert "page_id" in refused.value.fields[name]
