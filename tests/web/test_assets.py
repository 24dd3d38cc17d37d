"""Static files: hashed names, squeezed bytes, budgets of the first visit (ux 6.3)."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from sluss.web.assets import BUNDLES, MEDIA_TYPES, STATIC, Assets

KB = 1000


def _served(assets: Assets, name: str, accept: str = "") -> bytes:
    found = assets.find(assets.url(name).removeprefix("/static/"), accept)
    assert found is not None
    return found.data


def test_a_name_follows_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    first = Assets(tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("b{}")
    assert first != Assets(tmp_path).url("a.css")
    assert re.fullmatch(r"/static/a\.[0-9a-f]{12}\.css", first)


def test_an_answer_may_be_kept_for_ever() -> None:
    assets = Assets()
    found = assets.find(assets.url("sluss.css").removeprefix("/static/"), "gzip, br")
    assert found is not None
    assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert found.headers["Content-Type"] == "text/css; charset=utf-8"
    assert found.headers["Content-Encoding"] in {"gzip", "br"}


def test_squeezing_changes_nothing() -> None:
    assets = Assets()
    assert gzip.decompress(_served(assets, "sluss.js", "gzip")) == _served(assets, "sluss.js")


@pytest.mark.parametrize("name", ["sluss.000000000000.css", "../config.py", "", "js/keys.js", "vendor"])
def test_what_has_no_hash_is_not_there(name: str) -> None:
    assert Assets().find(name) is None


def test_another_process_finds_a_name_it_never_gave() -> None:
    assert Assets().find(Assets().url("icons.svg").removeprefix("/static/")) is not None


def test_style_sheets_name_their_fonts_by_hash() -> None:
    assert re.search(rb"url\(/static/fonts-inter-l\.[0-9a-f]{12}\.woff2\)", _served(Assets(), "sluss.css"))


def test_every_module_is_in_the_bundle() -> None:
    bundled = {name for names in BUNDLES.values() for name in names}
    there = {str(path.relative_to(STATIC)) for path in (*STATIC.glob("*.css"), *STATIC.glob("js/*.js"))}
    assert there == bundled


def test_modules_do_not_meet_in_their_shared_scope() -> None:
    for name in ("sluss.js", "later.js"):
        whole = "".join((STATIC / part).read_text() for part in BUNDLES[name])
        names = re.findall(r"^(?:export )?(?:const|let|class|(?:async )?function) (\w+)", whole, re.MULTILINE)
        assert sorted(names) == sorted(set(names))
    assert b"import " not in _served(Assets(), "sluss.js")


def test_no_module_is_long() -> None:
    assert [path.name for path in STATIC.glob("js/*.js") if len(path.read_text().splitlines()) > 150] == []


@pytest.mark.parametrize(
    ("names", "limit"),
    [
        (("sluss.js", "vendor/htmx-4.0.1.min.js"), 32),
        (("later.js",), 10),
        (("sluss.css",), 12),
        (("icons.svg", "fonts/inter-l.woff2", "fonts/inter-x.woff2"), 42),
    ],
)
def test_the_first_visit_stays_within_its_budget(names: tuple[str, ...], limit: int) -> None:
    assert sum(len(_served(Assets(), name, "br")) for name in names) <= limit * KB


def test_every_file_has_a_media_type() -> None:
    papers = {".md", ".txt"}
    assert [path for path in STATIC.rglob("*") if path.is_file() and path.suffix not in MEDIA_TYPES.keys() | papers] == []
