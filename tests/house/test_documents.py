from pathlib import Path

import pytest

from sluss.config import PREFIX, Config
from tests.house import documents
from tests.house.tree import ROOT, check_none, files, offences

PAGE = Path("docs/journey.md")
VENDOR = ROOT / "src/sluss/web/static/vendor"


def test_every_link_leads_somewhere():
    check_none(offences(documents.dead_links, files(suffix=".md")))


def test_every_setting_is_described():
    names = [PREFIX + name.upper() for name in Config.__struct_fields__]
    check_none(documents.undescribed(names, (ROOT / "docs/operating.md").read_text(encoding="utf-8")))


def test_vendored_files_have_version_and_licence():
    papers = {path.name for path in VENDOR.iterdir() if path.name == "README.md" or path.name.startswith("LICENSE")}
    names = [path.name for path in VENDOR.iterdir() if path.name not in papers]
    paper = (VENDOR / "README.md").read_text(encoding="utf-8")
    check_none(documents.without_papers(names, paper, sorted(papers - {"README.md"})))


@pytest.mark.parametrize("link", ["[a](gone.md)", "![a](gone.png)", "[a](../LICENSE#x) [b](../gone)", "[a](#gone)", '[a](gone.md "title")'])
def test_a_dead_link_is_found(link: str):
    assert len(list(documents.dead_links(PAGE, f"# Journey\n\n{link}\n"))) == 1


@pytest.mark.parametrize(
    "link", ["[a](../pyproject.toml)", "[a](https://sluss.example)", "[a](#the-first-station)", "```\n[a](gone.md)\n```"]
)
def test_other_links_are_left_alone(link: str):
    assert list(documents.dead_links(PAGE, f"## The first station!\n\n{link}\n")) == []


def test_an_undescribed_setting_is_found():
    assert documents.undescribed(["SLUSS_PORT", "SLUSS_DATA"], "| `SLUSS_PORT` | the port |") == ["SLUSS_DATA"]


@pytest.mark.parametrize(("row", "faults"), [("| `a.js` | 4.0.1 | 0BSD (`LICENSE-a.txt`) |", 0), ("| `a.js` | a thing |", 2), ("", 2)])
def test_missing_papers_are_found(row: str, faults: int):
    assert len(list(documents.without_papers(["a.js"], row, ["LICENSE-a.txt"]))) == faults
