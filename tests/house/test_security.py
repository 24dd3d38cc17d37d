from tests.house import security
from tests.house.tree import check_none

KNOWN = {"T1": {"what": "one"}, "T2": {"what": "two", "waits": "a feature"}}


def test_every_row_that_is_due_has_a_test():
    check_none(security.unproven(security.rows(), security.tests_by_row()))


def test_the_page_says_what_the_tests_say():
    page = security.PAGE.read_text(encoding="utf-8")
    fresh = security.written(page, security.tables(security.rows(), security.tests_by_row()))
    assert page == fresh, "run: python -m tests.house.security"


def test_no_row_is_missing():
    assert list(security.rows()) == [f"T{number}" for number in range(1, 121)] + [f"F{number}" for number in range(1, 61)]


def test_ranges_are_all_their_rows():
    assert list(security.rows_named("A forged id. T1, T62-T64; F3-5, not UTF8 or T1000x.")) == ["T1", "T62", "T63", "T64", "F3", "F4", "F5"]


def test_what_is_not_proven_is_found():
    found = list(security.unproven(KNOWN, {"T2": ["a: b"], "T3": ["c: d"]}))
    assert [one.split(" ", 1)[0] for one in found] == ["T1", "T2", "T3"]
