"""Keys that agents choose for themselves: what is refused and why, and that the page works without scripts. WCAG 2.1.4."""

from __future__ import annotations

import pytest

from sluss.kernel.db import Database
from sluss.kernel.errors import Invalid, Missing
from sluss.people.own_keys import choose_key, load_keys, own_keys, reset_keys
from sluss.web.key_rules import Refused, allow_keys, other_with, read_keys
from sluss.web.keys import KEYS, caps, keys_of
from tests.world import Web, World

SPELT = {"e": "e", "E": "e", " Shift + E ": "Shift+e", "shift-e": "Shift+e", "G I": "g i", "+": "+", "* A": "* a", "": "", "?": "?"}
REFUSED = {
    "AltGr": ["Alt+e", "alt+shift+e", "Option+e", "ą", "ł", "[", "]", "{", "}", "\\", "|", "@", "€", "g @"],
    "letter": ["´", "`", "^", "¨", "~"],
    "browser": ["Ctrl+t", "ctrl+y", "Cmd+e", "⌘+e", "Control+Shift+n"],
    "every page": ["Escape", "F5", "Tab", "Enter", "ArrowDown", "PageUp", "Shift+Home", "ee"],
    "Shift": ["Shift+1", "Shift+?"],
    "two": ["g i e"],
    "“Reply”": ["r"],
    "“Go to Mine”": ["g", "g i"],
    "“Select all”": ["*"],
    "“Search”": ["/"],
}


@pytest.mark.parametrize(("typed", "keys"), SPELT.items())
def test_keys_are_spelt_in_one_way(typed: str, keys: str) -> None:
    assert read_keys(typed) == keys


@pytest.mark.parametrize(("reason", "keys"), [(reason, keys) for reason, many in REFUSED.items() for keys in many])
def test_a_key_that_means_something_else_is_refused_with_the_reason(reason: str, keys: str) -> None:
    with pytest.raises(Refused) as refused:
        allow_keys("solve", read_keys(keys), {})
    assert reason in refused.value.sentence


@pytest.mark.parametrize("keys", ["y", "Shift+w", "å", "ö", "7", ",", "g y", "b b"])
def test_other_keys_are_free(keys: str) -> None:
    assert other_with("solve", keys, {}) is None
    allow_keys("solve", keys, {})


def test_what_is_printed_follows_the_choice() -> None:
    assert keys_of("solve", {"solve": "Shift+w"}) == ("Shift+w",)
    assert keys_of("solve", {"solve": ""}) == ()
    assert keys_of("next", {"next": ""}) == ("ArrowDown",)
    assert caps("Shift+w") == ["Shift", "W"]
    assert caps("g i") == ["G", "I"]
    assert caps("+") == ["+"]


def test_no_two_actions_share_a_key() -> None:
    assert [key.id for key in KEYS if not key.fixed and other_with(key.id, key.keys, {}) is not None] == []


def test_a_choice_is_kept_and_given_back(db: Database, world: World) -> None:
    johan = world.who("johan")
    db.write_now(choose_key, johan, "solve", "Y")
    db.write_now(choose_key, johan, "reply", "e")
    assert db.read_now(own_keys, johan, johan.id) == {"solve": "y", "reply": "e"}
    # The usual key of Solve is Reply's now.
    with pytest.raises(Invalid, match="marked") as refused:
        db.write_now(reset_keys, johan, "solve")
    assert "Reply" in refused.value.fields["solve"]
    db.write_now(reset_keys, johan)
    assert db.read_now(own_keys, johan, johan.id) == {}


def test_one_chooses_for_oneself(db: Database, world: World) -> None:
    johan, marek = world.who("johan"), world.who("marek")
    with pytest.raises(Missing):
        db.write_now(load_keys, johan, marek.id, {"solve": "y"})
    with pytest.raises(Missing):
        db.write_now(choose_key, johan, "nothing", "y")
    with pytest.raises(Invalid):
        db.write_now(choose_key, johan, "send", "y")


async def test_the_page_works_without_scripts(web: Web) -> None:
    johan = await web.sign_in("johan")
    assert (await johan.post("/me/keys/choose", action="solve", keys="y", then="save")).status_code == 303
    assert (await johan.post("/me/keys/choose", action="nothing", keys="y", then="save")).status_code == 404
    refused = await johan.post("/me/keys/choose", action="reply", keys="y", then="save")
    assert refused.status_code == 422
    assert "“Solve” has this key. Change that one first." in refused.text
    assert 'value="y" aria-label="Keys for: Reply"' in refused.text
    assert 'data-text="key.solve" data-keys="y"' in (await johan.get("/me/keys?saved=solve")).text
    assert (await johan.post("/me/snooze", words="soon")).status_code == 422
    assert (await johan.post("/me/snooze", words="monday 9")).status_code == 303
    assert 'value="monday 9"' in (await johan.get("/me/keys")).text
    assert (await johan.post("/me/keys/reset")).status_code == 303
    assert 'data-text="key.solve" data-keys="e"' in (await johan.get("/inbox/mine")).text
