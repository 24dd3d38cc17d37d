"""What an administrator can say about a chat, and what is said back. T70."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.channels.webchat.colours import DARK, WHITE, contrast, text_on
from sluss.channels.webchat.origins import OriginWrong, allows, read_origin
from sluss.channels.webchat.settings import ChatSettings, check_settings, in_language, is_chat_key, new_chat_key, read_settings

CHAT = "chat-4f2kq7w5x3m6n2ab"
KEY = {"identity_key": "k" * 43}
WEEK: list[Any] = [[[480, 1_020]]] * 5 + [[], []]


def faults(address: str = CHAT, secrets: dict[str, str] | None = None, **values: Any) -> dict[str, str]:
    found = check_settings(address, values, secrets or {})
    return found if isinstance(found, dict) else {}


def test_a_chat_works_with_nothing_said() -> None:
    assert check_settings(CHAT, {}, {}) == ChatSettings()
    assert is_chat_key(new_chat_key())
    assert new_chat_key() != new_chat_key()
    assert text_on(ChatSettings().accent) == WHITE


def test_what_was_entered_is_kept_in_one_spelling() -> None:
    values = {"origins": [" https://WWW.Example.com/ ", "https://www.example.com:443", "", "http://127.0.0.1:8001"], "accent": " #FFDD00 "}
    values |= {"title": {"en": " Ask us ", "sv": ""}, "hours": WEEK, "zone": "Europe/Warsaw", "closed_days": ["2026-12-24"]}
    found = check_settings(CHAT, values | {"files": "false", "offset_x": "12", "mail_inbox_id": str(1 << 60)}, {})
    assert isinstance(found, ChatSettings)
    assert (found.origins, found.accent, found.title) == (("https://www.example.com", "http://127.0.0.1:8001"), "#ffdd00", {"en": "Ask us"})
    assert (found.files, found.offset_x, found.mail_inbox_id, found.hours[0]) == (False, 12, 1 << 60, ((480, 1_020),))
    assert read_settings({"origins": list(found.origins)}).origins == found.origins
    assert [in_language(found.title, one) for one in ("en", "pl")] == ["Ask us"] * 2


def test_each_wrong_field_has_its_sentence() -> None:
    wrong: dict[str, Any] = {
        "origins": ["www.example.com"], "accent": "blue", "side": "top", "offset_x": "x", "offset_y": -1, "z": -1, "theme": "pink",
        "title": {"de": "Hallo"}, "welcome": {"en": "x" * 301}, "ask_name": "maybe", "ask_email": 1, "files": "some", "preview": "x",
        "hours": [[[1, 9_999]]] * 7, "closed_days": ["2026-02-30"], "zone": "Mars/Base", "mail_inbox_id": -1, "identify": "yes",
    }  # fmt: skip
    assert {name: name in faults(**{name: value}) for name, value in wrong.items()} == dict.fromkeys(wrong, True)
    assert set(faults(**wrong)) >= {"side", "offset_x", "theme", "ask_name", "identify"}
    for hours in ([[]] * 7, WEEK[:3], [[[0, 1_441]]] * 7, [["x"]] * 7, "always"):
        assert faults(hours=hours).keys() == {"hours"}
    assert faults(title={"en": "two\nlines"}).keys() == faults(title={"en": "Hi {{contact.name}}"}).keys() == {"title"}
    assert faults(origins=[f"https://{number}.example.com" for number in range(51)]).keys() == {"origins"}
    assert faults("help@norrsken.test").keys() == {"address"}
    assert faults(accent="#777777").keys() == {"accent"}


def test_nobody_is_proven_without_a_key() -> None:
    assert faults(identify="required").keys() == {"identify"}
    assert faults(identify="required", secrets=KEY) == {}
    assert faults(secrets={"identity_key": "short"}).keys() == {"identity_key"}


def test_text_on_the_accent_can_be_read() -> None:
    """The ratio of WCAG: 4.5 to 1, whichever of the two colours of text it is."""
    for colour in (
        f"#{red:02x}{green:02x}{blue:02x}" for red in range(0, 256, 51) for green in range(0, 256, 51) for blue in range(0, 256, 51)
    ):
        text = text_on(colour)
        assert text == "" or contrast(text, colour) >= 4.5
    assert (text_on("#ffffff"), text_on("#000000"), round(contrast("#000000", "#ffffff"), 3)) == (DARK, WHITE, 21.0)


@pytest.mark.parametrize(
    "written",
    [
        "", "example.com", "ftp://example.com", "https://", "https://*", "https://*.com", "https://a.*.com", "https://*example.com", "*",
        "null", "https://u:p@example.com", "https://example.com/shop", "https://example.com?x", "https://example.com#", "https://a b.com",
        "https://example.com; script-src *", "https://example.com,https://b.com", "https://example.com'none'", "https://a.com:99999",
        "http://example.com", "http://8.8.8.8", "https://1.2.3.999", "javascript:alert(1)", "https://-a.com", "data:text/html,x", "https://a..b",
        "https://[fe80::1%; script-src-elem *]", "https://[fe80::1%en0]:8443",
    ],
)  # fmt: skip
def test_what_is_no_web_site_is_refused(written: str) -> None:
    """T70: nothing that would widen a policy, and nothing that anybody on the way could change."""
    with pytest.raises(OriginWrong):
        read_origin(written)


def test_a_web_site_is_known_by_its_whole_origin() -> None:
    """T70."""
    listed = [
        read_origin(one) for one in ("https://www.example.com", "https://*.åland.example", "http://[::1]:8001", "https://*.b.com:8443")
    ]
    good = ["https://www.example.com", "https://a.xn--land-poa.example", "https://a.b.xn--land-poa.example", "http://[::1]:8001"]
    assert [one for one in [*good, "https://a.b.com:8443"] if not allows(listed, one)] == []
    bad = ["http://www.example.com", "https://example.com", "https://www.example.com.evil.test", "https://www.example.com:8443", "null", ""]
    bad += [
        "https://xn--land-poa.example",
        "https://evilxn--land-poa.example",
        "https://evil.test/.xn--land-poa.example",
        "https://a.b.com",
    ]
    assert [one for one in bad if allows(listed, one)] == []
