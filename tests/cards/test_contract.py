"""What an outside system may say, and the examples of docs/context-cards.md, which have to be true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sluss.cards.asking import Asking, signature
from sluss.cards.contract import ACTIONS, CARDS, FIELDS, Question, Unfit, read_answer
from sluss.sandbox.cards.server import is_signed

DOC = Path(__file__).parents[2] / "docs/context-cards.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)


def answer(**card: Any) -> bytes:
    return msgspec.json.encode({"cards": [{"title": "A"} | card]})


def test_the_documented_question_and_answer_are_what_is_sent_and_read() -> None:
    question, told, pushed = blocks("json")
    assert msgspec.json.decode(question, type=Question).contact.identities[0].proof == "verified"
    assert [type(one).__struct_config__.tag for one in read_answer(told.encode())[0].fields] == ["text", "date", "money", "link", "status"]
    assert set(msgspec.json.decode(pushed)) == {"network", "address", "source", "lasts_seconds", "cards"}


def test_the_documented_check_of_the_signature_works_and_refuses() -> None:
    """T85, T86: a wrong secret, another body, an old question, a missing header."""
    given: dict[str, Any] = {}
    exec(blocks("python")[0], given)  # noqa: S102 - the snippet of our own documentation
    asking = Asking(url="https://x.example", secret=b"s" * 16, body=b'{"a":1}', patience=1, sent_at=1_800_000_000_000_000)
    headers = signature(asking)
    for check in (given["is_from_sluss"], is_signed):
        assert check("s" * 16, headers, asking.body, 1_800_000_100)
        assert not check("t" * 16, headers, asking.body, 1_800_000_100)
        assert not check("s" * 16, headers, asking.body + b" ", 1_800_000_100)
        assert not check("s" * 16, headers, asking.body, 1_800_000_301)
        assert not check("s" * 16, {}, asking.body, 1_800_000_100)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'{"cards": null}', b"\xff\xfe", b"NaN", b'{"cards": [], "more": 1}', b"[" * 100_000,
        answer(title=""), answer(title=" \u200b"), answer(title="x" * 61), answer(html="<b>"),
        answer(fields=[{"type": "html", "label": "a", "value": "b"}]), answer(fields=[{"label": "a", "value": "b"}]),
        answer(fields=[{"type": "text", "label": "a", "value": 1}]), answer(fields=[{"type": "date", "label": "a", "value": "2026-02-30"}]),
        answer(fields=[{"type": "date", "label": "a", "value": "2026-02-03T10:00:00"}]),
        answer(fields=[{"type": "money", "label": "a", "value": "1e9", "currency": "SEK"}]),
        answer(fields=[{"type": "money", "label": "a", "value": "1.00", "currency": "kr"}]),
        answer(fields=[{"type": "link", "label": "a", "value": "b", "url": "http://x.example"}]),
        answer(actions=[{"label": "a", "url": "javascript:alert(1)"}]), answer(actions=[{"label": "a", "url": "https://u@x.example"}]),
        answer(actions=[{"label": "a", "url": "https:\\\\x.example"}]),
        answer(fields=[{"type": "text", "label": "a", "value": "b"}] * (FIELDS + 1)),
        answer(actions=[{"label": "a", "url": "https://x.example"}] * (ACTIONS + 1)),
        msgspec.json.encode({"cards": [{"title": "A"}] * (CARDS + 1)}), b'{"cards": []}' + b" " * 70_000,
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_in_the_contract_is_refused(body: bytes) -> None:
    """T87: half an answer is no answer."""
    with pytest.raises(Unfit):
        read_answer(body)


def test_texts_are_made_fit_to_show() -> None:
    """T74: no line ends, no marks that turn the reading direction."""
    [card] = read_answer(answer(title="Gold\u202e\nmember", fields=[{"type": "text", "label": "A\tb", "value": "x\ny\u200b"}]))
    assert (card.title, card.fields[0].label, card.fields[0].value) == ("Gold member", "A b", "x y")
