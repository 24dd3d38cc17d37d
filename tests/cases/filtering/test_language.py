"""The filter language: what can be said, what cannot, and the one way to write it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.cases.filtering.names import Names
from sluss.cases.filtering.reading import DEPTH, read_filter
from sluss.cases.filtering.terms import FIELDS, ME, NOBODY, All, Not, Part, Some, Term, Wrong, joined
from sluss.cases.filtering.times import read_time, stretch_of
from sluss.cases.filtering.values import ALIASES, words_of
from sluss.cases.filtering.writing import keep_filter, write_filter
from sluss.kernel.clock import DAY, HOUR

NAMES = Names(
    by_field={
        "inbox": {11: "Kundtjänst", 12: "Obsługa klienta"},
        "team": {21: "Stockholm", 22: "Gdańsk"},
        "assignee": {31: "Maja Ek", 32: "Johan Falk", 33: "Johan Berg", 34: "me"},
        "tag": {41: "Bagage", 42: "VIP", 43: 'a "b", (c)', 44: "OR", 45: "-x\\", 46: "#41"},
    },
    channels={"email": frozenset({11, 12})},
    handled={21: frozenset({11}), 22: frozenset({12})},
)
TEXT = {
    "is:open team:stockholm -tag:VIP": "is:open team:Stockholm -tag:VIP",
    'inbox:"obsluga klienta"': 'inbox:"Obsługa klienta"',
    "assignee:maja,ME": 'assignee:"Maja Ek",me',
    "assignee:nobody OR assignee:#32": 'assignee:nobody OR assignee:"Johan Falk"',
    "status:open (a:b OR tag:vip)".replace("a:b", "priority:HIGH,urgent"): "is:open (priority:high,urgent OR tag:VIP)",
    "NOT (tag:vip tag:bagage) AND --is:open": "-(tag:VIP tag:Bagage) is:open",
    "waiting:>2h opened:<2026-11-01 active:today": "waiting:>2h opened:<2026-11-01 active:today",
    "from:Asa@kund.example from:@KUND.example": "from:Asa@kund.example from:@kund.example",
    "number:#10482,10482 has:draft,file lang:PL channel:email": "number:10482 has:draft,file lang:pl channel:email",
    "((is:open)) (tag:vip (is:solved))": "is:open tag:VIP is:solved",
    "  ": "",
}


@pytest.mark.parametrize(("text", "canonical"), TEXT.items())
def test_there_is_one_way_to_write_a_filter(text: str, canonical: str) -> None:
    tree = read_filter(text, NAMES).tree
    assert write_filter(tree, NAMES) == canonical
    assert read_filter(canonical, NAMES).tree == tree
    assert read_filter(keep_filter(tree), NAMES).tree == tree


WRONG = {
    "teem:x": (0, ("team",), "There is no field teem. Did you mean team?"),
    "is:open tag:bagge": (12, ("Bagage",), "There is no tag bagge. Did you mean Bagage?"),
    "is:opne": (3, ("open", "done"), "Did you mean open, done?"),
    "inbox:Rejsy": (6, (), "There is no inbox Rejsy."),
    "inbox:#99": (6, (), "There is no inbox #99."),
    "assignee:johan": (9, ("Johan Falk", "Johan Berg"), "There are several of the name johan."),
    "is:open bagage": (8, (), "Write a field and a value"),
    "waiting:2h": (8, (), "A time is written as"),
    "opened:2026-02-30": (7, (), "A time is written as"),
    "is:open (tag:vip": (8, (), "This bracket is not closed."),
    "is:open)": (7, (), "This bracket closes nothing."),
    "is:open ()": (8, (), "There is nothing between these brackets."),
    'tag:"vip': (4, (), "This quotation mark is not closed."),
    "tag:": (4, (), "A value is missing"),
    "tag:vip,": (8, (), "A value is missing"),
    "is:open OR": (8, (), "OR stands between two conditions."),
    "is:open -": (8, (), "Write a field and a value"),
    "number:x": (7, (), "A case number is written in digits"),
    "number:" + "9" * 30: (7, (), "A case number is written in digits"),
    "lang:swedish!": (5, (), "A language is written by its code"),
    "from:a@b@c": (5, (), "Write a whole address"),
    "(" * (DEPTH + 1) + "is:open" + ")" * (DEPTH + 1): (DEPTH, (), "nested too deeply"),
    "-" * 3000: (2000, (), "at most 2,000 characters"),
    "is:open " * 51: (400, (), "at most 50 conditions"),
}


@pytest.mark.parametrize(("text", "wrong"), WRONG.items())
def test_what_is_wrong_is_said_with_its_place(text: str, wrong: tuple[int, tuple[str, ...], str]) -> None:
    """T3: nothing that cannot be read is guessed at."""
    with pytest.raises(Wrong) as found:
        read_filter(text, NAMES)
    assert (found.value.at, found.value.suggestions) == wrong[:2]
    assert wrong[2] in found.value.fields["f"]


def test_words_without_a_field_are_for_a_search() -> None:
    found = read_filter('is:open "min resa" https://x.example/a "OR"', NAMES, words=True)
    assert found.words == ("min resa", "https://x.example/a", "OR")
    assert read_filter(write_filter(found, NAMES), NAMES, words=True) == found
    with pytest.raises(Wrong, match="marked fields"):
        read_filter("(bagage OR is:open)", NAMES, words=True)


def test_days_are_those_of_the_reader() -> None:
    """The night to 29 March has 23 hours in Stockholm."""
    noon = 1_774_695_600_000_000  # 2026-03-28 12:00 in Stockholm
    low, high = stretch_of("today", "Europe/Stockholm", noon + DAY)
    assert (low, high) == (noon + 12 * HOUR, noon + 35 * HOUR)
    assert stretch_of("2026-03-28..2026-03-29", "Europe/Stockholm", 0) == (noon - 12 * HOUR, noon + 35 * HOUR)
    assert stretch_of("<2026-03-29", "Europe/Stockholm", 0) == (None, noon + 12 * HOUR)
    assert stretch_of(">2h", "x", noon) == (None, noon - 2 * HOUR)
    assert stretch_of("<2h", "x", noon, ahead=True) == (None, noon + 2 * HOUR)


def values(field: str) -> st.SearchStrategy[str | int]:
    kind = FIELDS[field].kind
    if kind == "word":
        return st.sampled_from(words_of(field))
    if kind == "named":
        return st.sampled_from([*NAMES.of(field), *([ME, NOBODY] if field == "assignee" else [])])
    if kind == "number":
        return st.integers(0, 2**63 - 1)
    if kind == "time":
        return st.sampled_from([">2h", "<7d", "today", "<=yesterday", ">=2026-11-01", "2026-11-01..2026-11-07"])
    return st.sampled_from(["sv", "pl", "pt-br"] if kind == "language" else ["asa@kund.example", "@kund.example", "+46700"])


def grouped(inner: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        inner.map(lambda part: part.part if isinstance(part, Not) else Not(part)),
        several.map(lambda parts: joined(All, parts)),
        several.map(lambda parts: joined(Some, parts)),
    )


terms = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda field: st.lists(values(field), min_size=1, max_size=3, unique=True).map(lambda found: Term(field, tuple(found)))
)
trees: st.SearchStrategy[Part] = st.recursive(terms, grouped, max_leaves=8)


@given(trees)
def test_every_filter_that_is_written_reads_as_itself(tree: Part) -> None:
    assert read_filter(write_filter(tree, NAMES), NAMES).tree == tree
    assert read_filter(keep_filter(tree), NAMES).tree == tree


pieces = st.sampled_from([*'istagopenOR:(),-"\\ #<>.', "tag:VIP", " OR ", "is:open"])


@given(st.lists(pieces, max_size=40).map("".join))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    """T3: whatever is typed is a filter that writes itself, or a sentence with a place in the text."""
    place = 0
    try:
        tree = read_filter(text, NAMES).tree
    except Wrong as wrong:
        tree, place = All(), wrong.at
    assert 0 <= place <= len(text)
    assert read_filter(write_filter(tree, NAMES), NAMES).tree == tree


@pytest.mark.parametrize("text", ["2h", ">0h", ">10001h", ">1y", "2026-13-01", "1969-01-01", "tomorrow", "2026-11-01..", "²h"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_time(text) is None


GUIDE = (Path(__file__).parents[3] / "docs" / "filters.md").read_text()


def test_the_guide_says_what_can_be_said() -> None:
    """Every example of docs/filters.md is a filter, every field and word stands there."""
    names = msgspec.structs.replace(NAMES, by_field={**NAMES.by_field, "tag": {41: "Bagage", 42: "VIP", 43: "spam"}})
    block = GUIDE.split("```")[1].strip().splitlines()
    rows = [line.rsplit("|", 2)[1].strip().strip("`") for line in GUIDE.splitlines() if line.startswith("| `")]
    assert len(block) == 4
    assert len(rows) == 13
    for example in (*block, *rows):
        assert write_filter(read_filter(example, names), names) == example
    table = "\n".join(line for line in GUIDE.splitlines() if line.startswith("| `"))
    words = [*FIELDS, *ALIASES, *(word for field in FIELDS for word in words_of(field))]
    assert [word for word in words if f"`{word}`" not in table and f":{word}`" not in table] == []
