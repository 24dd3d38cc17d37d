from pathlib import Path

import pytest

from tests.house import bans
from tests.house.tree import check_none, files, offences

PRODUCT = files("src", suffix=".py", but="migrations/versions")
HERE = Path("src/sluss/desk/rows.py")


def test_nothing_that_came_in_is_run():
    """T95, T104: no code by its name, no format that runs code, no XML."""
    check_none(offences(bans.runs_what_came_in, PRODUCT))


def test_nothing_goes_through_a_shell():
    """T96."""
    check_none(offences(bans.uses_a_shell, PRODUCT))


@pytest.mark.parametrize(
    "text",
    ["eval(x)", "import pickle", "from yaml import load", "import xml.etree", "importlib.import_module(name)", "from lxml import html"],
)
def test_what_runs_data_is_found(text: str):
    """T95, T104."""
    assert len(list(bans.runs_what_came_in(HERE, text))) == 1


@pytest.mark.parametrize("text", ["run(x, shell=True)", "os.system(x)", "import subprocess", "os.popen(x).read()"])
def test_a_shell_is_found(text: str):
    """T96."""
    assert len(list(bans.uses_a_shell(HERE, text))) == 1
