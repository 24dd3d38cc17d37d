from pathlib import Path

import pytest

from tests.house import proofs
from tests.house.tree import check_none, files, offences

HERE = Path("tests/cases/test_actions.py")
TESTS = [path for path in files("tests", suffix=".py") if path.name.startswith("test_")]


def test_every_test_asserts():
    check_none(offences(proofs.proves_nothing, TESTS))


def test_no_test_is_excused():
    check_none(offences(proofs.excused, files("tests", suffix=".py")))


def test_no_test_waits_for_the_clock():
    check_none(offences(proofs.sleeps, TESTS))


@pytest.mark.parametrize("body", ["assign()", "result = assign()", "pass"])
def test_a_test_without_proof_is_found(body: str):
    assert list(proofs.proves_nothing(HERE, f"def test_assign(): {body}")) == ["1 test_assign asserts nothing"]


@pytest.mark.parametrize(
    "body",
    [
        "assert assign()",
        "with pytest.raises(Refused): assign()",
        "expect(row).to_be_visible()",
        "check_order(case)",
        "await mailbox.until(2)",
    ],
)
def test_a_proof_is_recognised(body: str):
    assert list(proofs.proves_nothing(HERE, f"async def test_assign():\n    {body}")) == []


def test_a_proof_may_lie_in_the_files_own_functions():
    text = "def require_one(x):\n    assert x == 1\n\ndef test_assign():\n    require_one(assign())"
    assert list(proofs.proves_nothing(HERE, text)) == []


@pytest.mark.parametrize("excuse", ["@pytest.mark.skip", "@pytest.mark.xfail(strict=True)", "@pytest.mark.skipif(True, reason='')"])
def test_an_excuse_is_found(excuse: str):
    assert len(list(proofs.excused(HERE, f"{excuse}\ndef test_assign(): ..."))) == 1


@pytest.mark.parametrize(
    ("call", "found"),
    [("time.sleep(1)", 1), ("await asyncio.sleep(0.1)", 1), ("sleep(n)", 1), ("await asyncio.sleep(0)", 0), ("sleep(chance.random())", 0)],
)
def test_a_sleep_is_found(call: str, found: int):
    assert len(list(proofs.sleeps(HERE, f"async def test_assign():\n    {call}"))) == found
