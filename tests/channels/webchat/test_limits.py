"""What a visitor writes is kept as it can be shown, whatever it is; what is too long is said to be. T105."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.channels.contract import Address, Connection, Delivered, Inbound
from sluss.channels.registry import channel_named
from sluss.channels.webchat.understanding import FILES, TEXT, TEXT_BYTES, ChatFile, ChatMessage, encode, read_text
from sluss.kernel.errors import Invalid
from sluss.kernel.text import graphemes

CHAT = Connection(workspace_id=1, inbox_id=2, name="Chatten", address="chat-4f2kq7w5x3m6n2ab", settings={}, secrets={})
KEY = "made-by-the-page"


def understood(text: str, **given: object) -> Inbound:
    raw = encode(ChatMessage(**{"visitor_id": 1, "key": KEY, "text": text} | given))  # type: ignore[arg-type]
    [found] = channel_named("webchat").understand(Delivered(external_key="x", raw=raw, received_at=1), CHAT)
    assert isinstance(found, Inbound)
    return found


def heights(text: str) -> int:
    return max((len(one) for one in graphemes(text)), default=0)


@given(st.text(st.characters(codec=None), max_size=400) | st.text("e\u0301\u200b\u202e\ufeff\uffff\ud800👩\u200d🚀\n ", max_size=400))
def test_any_text_can_be_kept(written: str) -> None:
    """T105: nothing harmful is left, and nothing that can be seen is lost on the way."""
    text = read_text(written)
    found = understood(text)
    assert found.text == found.fresh == text == read_text(text)
    assert text.encode() or not text
    assert not any(char in text for char in "\x00\u200b\u202e\ufeff\uffff")


@pytest.mark.parametrize(
    "text", ["x" * (TEXT + 1), "x" * 10_000_000, "👩\u200d🚀" * 9_000, "ł" * (TEXT_BYTES // 2 + 1), "👍" * 1_000_000]
)  # fmt: skip
def test_what_is_too_long_is_said_to_be(text: str) -> None:
    """T105: and should it come all the same, its beginning is kept."""
    with pytest.raises(Invalid) as refused:
        read_text(text)
    assert "10,000" in refused.value.fields["text"]
    kept = understood(text).text
    assert kept.endswith("…")
    assert len(kept.encode()) <= TEXT_BYTES
    assert len(kept) <= TEXT * 3


def test_towers_fall_and_nothing_is_nothing() -> None:
    """T105: ten thousand marks on one letter stop no browser; what nobody can see is no message."""
    assert heights(read_text("a" + "\u0301" * 10_000 + "b")) < 10
    assert [read_text(one) for one in ("", " \n ", "\u200b\u2060\ufeff", "\ud800", "\x00")] == [""] * 5
    assert read_text("x" * TEXT) == "x" * TEXT


def test_names_of_people_and_files_are_one_line() -> None:
    """T105: a name is no page, and a sixth file no file."""
    files = tuple(ChatFile(f"../{number}\u202egnp.exe\r\n", "IMAGE/PNG\n", b"x") for number in range(9))
    found = understood("Hej", name="Åsa\n\u202eL\x00" + "x" * 200, files=files)
    assert found.sender == Address("visitor-1", "Åsa L" + "x" * 75)
    assert len(found.files) == FILES
    assert (found.files[0].name, found.files[0].media_type) == ("../0gnp.exe", "image/png")
