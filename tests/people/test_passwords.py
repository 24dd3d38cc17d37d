"""Which passwords will do, and what is kept of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sluss.people import passwords
from sluss.people.passwords import (
    LONGEST,
    STOLEN,
    TOO_LONG,
    TOO_NEAR,
    TOO_PLAIN,
    TOO_SHORT,
    fault_of,
    find_fault,
    fits,
    fits_now,
    hash_now,
    is_stolen,
)
from tests.world import Web

ABOUT = ("johan.falk@norrsken.test", "Johan Falk", "Norrsken Air")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", TOO_SHORT),
        ("short", TOO_SHORT),
        ("elva tecken", TOO_SHORT),
        ("x y" * LONGEST, TOO_LONG),
        ("aaaaaaaaaaaa", TOO_PLAIN),
        ("123456789012", TOO_PLAIN),
        ("passwordpassword", TOO_PLAIN),
        ("password1234!", TOO_PLAIN),
        ("qwertyuiopas", TOO_PLAIN),
        ("iloveyou12345", TOO_PLAIN),
        ("abcdefghijklmnop", TOO_PLAIN),
        ("Welcome2026!!", TOO_PLAIN),
        ("johan.falk@norrsken.test", TOO_NEAR),
        ("JohanFalk1984", TOO_NEAR),
        ("johanjohanjohan", TOO_NEAR),
        ("Norrsken Air 2026!", TOO_NEAR),
        ("norrsken-norrsken", TOO_NEAR),
    ],
)
def test_what_is_easy_to_guess_is_refused_with_a_sentence_that_helps(password: str, fault: str) -> None:
    """T30"""
    assert fault_of(password, *ABOUT) == fault


@pytest.mark.parametrize(
    "password", ["fyra ord räcker långt", "zażółć gęślą jaźń", "Tr0ub4dor&3-again", "🛳" * 3 + " och båtar", "å" * 5 + "x9 K2 och natt" * 70]
)
def test_a_password_of_one_s_own_will_do(password: str) -> None:
    assert fault_of(password, *ABOUT) == ""


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("å" * 500 + "slut", "å" * 500 + "slu"),
        ("x" * 72 + "the end", "x" * 72),
        ("x" * 72 + "the end", "x" * 72 + "another"),
        ("secret\x00more of it", "secret"),
        ("secret\x00more of it", "secret\x00other"),
        ("Fyra ord räcker", "fyra ord räcker"),
        ("fyra ord räcker ", "fyra ord räcker"),
        ("ﬁsk och båtar på", "fisk och båtar på"),
    ],
)
def test_nothing_is_cut_off_or_folded(kept: str, typed: str) -> None:
    """T29: 72 bytes, NUL, blanks, case, ligatures."""
    stored = hash_now(kept)
    assert stored.startswith("$argon2id$")
    assert (fits_now(kept, stored), fits_now(typed, stored)) == (True, False)


def test_a_stored_hash_is_no_password() -> None:
    """T29"""
    kept = hash_now("fyra ord räcker långt")
    assert not fits_now(kept, kept)
    assert not fits_now("four words will do", "four words will do")
    assert not fits_now("anything", None)
    assert not fits_now("", "")


async def test_a_megabyte_is_refused_before_any_work(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """T29: neither hashed nor judged; through the page as well."""
    worked: list[str] = []
    monkeypatch.setattr(passwords, "fits_now", lambda password, _kept: bool(worked.append(password)))
    monkeypatch.setattr(passwords, "_guesses", lambda password, _words: float(bool(worked.append(password))))
    for size in (LONGEST + 1, 1_000_000):
        assert not await fits("x" * size, hash_now("fyra ord räcker långt"))
        assert await find_fault("x" * size) == TOO_LONG
    answer = await web.browser().sign_in("johan@norrsken.test", "x" * 900_000)
    assert answer.status_code == 422
    assert worked == []


@pytest.mark.parametrize("length", [40, 12])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_stolen_passwords_are_found_in_a_sorted_file(tmp_path: Path, length: int, ending: str, count: int) -> None:
    """T30: every one of them, first and last too, and none besides."""
    stolen = [f"stolen password {n}" for n in range(count)]
    hashes = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper()[:length] for one in stolen)
    file = tmp_path / "pwned.txt"
    file.write_bytes("".join(f"{one}:{n}{ending}" for n, one in enumerate(hashes)).encode())
    assert all(is_stolen(one, file) for one in stolen)
    assert not any(is_stolen(f"my own password {n}", file) for n in range(300))


async def test_a_stolen_password_is_refused_and_a_missing_file_stops_nobody(tmp_path: Path) -> None:
    """T30"""
    password = "fyra ord räcker långt"
    file = tmp_path / "pwned.txt"
    assert await find_fault(password, (), str(file)) == ""
    file.write_text(hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper() + ":7\n")
    assert await find_fault(password, (), str(file)) == STOLEN
    file.write_text("")
    assert await find_fault(password, (), str(file)) == ""
