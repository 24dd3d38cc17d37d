"""The registry of keys against the tree: each has a hand, words in every language, a key that anybody can press."""

import re

import pytest
from babel.messages.pofile import read_po

from sluss.web.key_rules import DEAD, allow_keys, read_keys
from sluss.web.keys import BY_ID, KEYS, keys_of
from sluss.web.locale import CATALOGUES, LOCALES
from tests.house import keyboard
from tests.house.tree import ROOT, check_none, files

TAKEN_ON_PURPOSE = {"Ctrl+k", "Ctrl+z", "Ctrl+Enter", "Ctrl+Shift+Enter"}
NATIVE = {"enter": "a link has the focus", "ready": "the composer's menu"}


def test_every_action_has_a_hand():
    code = "\n".join(keyboard.modules().values())
    pages = "\n".join((ROOT / path).read_text(encoding="utf-8") for path in files("src", suffix=".html"))
    handled = set(re.findall(r'\baction\("([\w-]+)"', code)) | set(re.findall(r'data-action="([\w-]+)"', pages)) | {"palette", "sheet"}
    check_none(key.id for key in KEYS if not (key.go or key.id in handled or key.id in NATIVE))


def test_every_hand_has_an_action():
    code = "\n".join(keyboard.modules().values())
    check_none(set(re.findall(r'\baction\("([\w-]+)"', code)) - BY_ID.keys())


def test_every_hint_names_an_action():
    pages = {path: (ROOT / path).read_text(encoding="utf-8") for path in files("src", suffix=".html")}
    named = [(path, name) for path, text in pages.items() for name in re.findall(r'ui\.kbd\(page, "([\w-]+)"\)', text)]
    check_none(f"{path}: {name}" for path, name in named if name not in BY_ID)
    # A key that is printed by hand stays when its reader has chosen another.
    check_none(f"{path}: {cap}" for path, text in pages.items() for cap in re.findall(r"<kbd[^>]*>([\w?/.])</kbd>", text))


def test_no_action_is_there_twice():
    assert len(BY_ID) == len(KEYS)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_every_key_can_be_pressed_by_everybody(key):
    """ux 3.1: nothing with AltGr, no dead key, none of the browser's; no two actions that meet."""
    for keys in keys_of(key.id, {}):
        assert keys in TAKEN_ON_PURPOSE or not keys.startswith(("Ctrl", "Alt", "Meta"))
        assert not set(keys) & DEAD
    if not key.fixed:
        assert read_keys(key.keys) == key.keys
        allow_keys(key.id, key.keys, {})


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_every_action_has_words_in_every_language(locale):
    with (CATALOGUES / f"{locale}.po").open("rb") as source:
        known = {str(one.id) for one in read_po(source, locale=locale) if one.string}
    check_none(key.label for key in KEYS if key.label not in known)


def test_the_page_about_keys_is_true():
    assert keyboard.PAGE.read_text(encoding="utf-8") == keyboard.page(), "run: python -m tests.house.keyboard"
