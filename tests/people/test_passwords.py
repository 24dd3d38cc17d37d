"""Which passwords will do, and what is kept of them."""

import pytest

from sluss.people.passwords import LONGEST, fault_of, fits_now, hash_now


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "aaaaaaaaaaaa",
        "123456789012",
        "passwordpassword",
        "qwertyuiopas",
        "johan@norrsken.test",
        "johanjohanjohan",
        "abcdefghijklmnop",
    ],
)
def test_what_is_easy_to_guess_is_refused(password: str) -> None:
    assert fault_of(password, "johan@norrsken.test")


@pytest.mark.parametrize("password", ["fyra ord räcker långt", "zażółć gęślą jaźń", "Tr0ub4dor&3-again", "🛳" * 3 + " och båtar"])
def test_a_password_of_one_s_own_will_do(password: str) -> None:
    assert fault_of(password, "johan@norrsken.test") == ""


def test_nothing_is_cut_off() -> None:
    """T29"""
    long = "å" * 500 + "slut"
    kept = hash_now(long)
    assert kept.startswith("$argon2id$")
    assert (fits_now(long, kept), fits_now(long[:-1], kept), fits_now(long[:72], kept)) == (True, False, False)
    assert fault_of("x y" * LONGEST)


def test_a_stored_hash_is_no_password() -> None:
    """T29"""
    kept = hash_now("fyra ord räcker långt")
    assert not fits_now(kept, kept)
    assert not fits_now("four words will do", "four words will do")
    assert not fits_now("anything", None)
