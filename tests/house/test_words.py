from pathlib import Path

import pytest

from tests.house import words
from tests.house.tree import check_none, files, offences

HERE = Path("src/sluss/cases/actions.py")
CORE = [path for path in files("src", suffix=".py") if not {"channels", "sandbox"} & set(path.parts)]
VENDORED = "static/vendor/"


def test_nothing_is_left_unfinished():
    check_none(offences(words.unfinished, files(but=VENDORED)))


def test_nothing_is_true_on_one_machine_only():
    check_none(offences(words.machine_places, files(but=VENDORED)))


def test_every_module_is_named_after_what_it_is_about():
    check_none(offences(words.empty_name, files("src", "tests", "bench", suffix=".py")))


def test_the_core_knows_no_network():
    check_none(offences(words.network_in_code, CORE))
    check_none(offences(words.network_in_template, files("src", suffix=".html", but="/channels/")))


@pytest.mark.parametrize("mark", ["T\u004fDO", "F\u0049XME", "X\u0058X", "raise N\u006ftImplementedError"])
def test_an_unfinished_mark_is_found(mark: str):
    assert [found[:2] for found in words.unfinished(HERE, f"work()\n# {mark}: the rest\n")] == ["2 "]


@pytest.mark.parametrize("place", ["/r\u006fot/data", "/h\u006fme/maja/sluss", "files.p\u0079thonhosted.org", "--extra-i\u006edex-url x"])
def test_a_place_of_one_machine_is_found(place: str):
    assert len(list(words.machine_places(HERE, f'data = "{place}"'))) == 1


@pytest.mark.parametrize("place", ["/var/lib/sluss", "https://desk.example.com/home", "homework/x", "SLUSS_HOME/x"])
def test_places_of_everyone_are_left_alone(place: str):
    assert list(words.machine_places(HERE, place)) == []


@pytest.mark.parametrize("name", ["cases/utils.py", "helpers/case.py", "web/base.py"])
def test_a_name_without_meaning_is_found(name: str):
    assert len(list(words.empty_name(Path("src/sluss") / name, ""))) == 1


@pytest.mark.parametrize(
    "code",
    [
        'if inbox.channel == "email": send()',
        'if "email" != inbox.channel: send()',
        'done = channel_name in {"webchat", "email"}',
        'match inbox.channel:\n    case "x": send()',
        'if kind not in ("sms", "voice"): send()',
    ],
)
def test_asking_for_a_network_is_found(code: str):
    assert len(list(words.network_in_code(HERE, code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "if inbox.capabilities.can_hide: hide()",
        'if field == "email": check(address)',
        'if database.kind == "sqlite": lock()',
        'register("email", adapter)',
    ],
)
def test_other_questions_are_left_alone(code: str):
    assert list(words.network_in_code(HERE, code)) == []


def test_asking_in_a_template_is_found():
    assert len(list(words.network_in_template(HERE, '{% if inbox.channel == "email" %}'))) == 1
    assert list(words.network_in_template(HERE, '{% if capabilities.subject %}<input name="email">')) == []
