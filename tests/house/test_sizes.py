from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.house import sizes
from tests.house.tree import ROOT, check_none, files, functions, offences

SOURCE = files("src", "bench", suffix=".py", but="migrations/versions")
TESTS = files("tests", suffix=".py")


def test_no_function_is_too_long():
    check_none(offences(sizes.long_functions, SOURCE + TESTS))


def test_no_file_is_too_long():
    check_none(offences(sizes.long_files, SOURCE + TESTS))


def test_no_function_asks_for_too_much():
    check_none(offences(sizes.many_parameters, SOURCE))


def test_no_template_is_too_long():
    check_none(offences(sizes.long_templates, files("src", suffix=".html")))


def test_most_functions_are_short():
    lengths = [sizes.length(function) for path in SOURCE for function in functions((ROOT / path).read_text(encoding="utf-8"))]
    assert median(lengths) <= 7
    assert quantiles(lengths, n=10)[-1] <= 25


def _function(lines: int) -> str:
    return "def assign_case():\n" + "    work()\n" * (lines - 1)


@pytest.mark.parametrize(("lines", "found"), [(60, []), (61, ["1 assign_case has 61 lines, 60 are the limit"])])
def test_a_function_is_measured_from_its_name_to_its_end(lines: int, found: list[str]):
    assert list(sizes.long_functions(Path("src/case.py"), _function(lines))) == found


def test_blank_lines_and_comments_are_no_code():
    text = "# why\n\n" * 400 + "work()\n" * 350
    assert list(sizes.long_files(Path("src/case.py"), text)) == []
    assert list(sizes.long_files(Path("src/case.py"), text + "work()\n")) == ["1 351 lines of code, 350 are the limit"]


def test_a_table_of_cases_may_be_long_in_tests_only():
    text = "CASES = [\n" + "    1,\n" * 500 + "]\n"
    assert list(sizes.long_files(Path("tests/cases.py"), text)) == []
    assert list(sizes.long_files(Path("src/cases.py"), text)) == ["1 502 lines of code, 350 are the limit"]


@pytest.mark.parametrize(
    ("signature", "asked"),
    [
        ("self, tx, who, a, b, c, d, e", 0),
        ("tx, who, a, *, b, c, d, e, f", 0),
        ("a, b, c, d, e, f", 6),
        ("self, a, b, /, c, d, e, f=1", 6),
    ],
)
def test_parameters_that_the_call_names_are_free(signature: str, asked: int):
    found = list(sizes.many_parameters(Path("src/case.py"), f"def assign({signature}): ..."))
    assert found == ([f"1 assign asks for {asked} things by position, 5 are the limit"] if asked else [])


def test_a_long_template_is_found():
    assert list(sizes.long_templates(Path("src/case.html"), "<p>\n" * 121)) == ["1 121 lines, 120 are the limit"]
