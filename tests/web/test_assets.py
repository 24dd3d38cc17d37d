"""Static files: hashed names, squeezed bytes, budgets of the first visit (ux 6.3)."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from sluss.web.assets import BUNDLES, MEDIA_TYPES, STATIC, Assets

KB = 1000
ALONE = {"chat.css", "chat-look.css", "notices.css"}
"""Style sheets that are served as they are."""
PAGES = pytest.mark.parametrize("bundles", [("sluss.js", "later.js", "public.js"), ("chat.js",)], ids="".join)


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
    there = {str(path.relative_to(STATIC)) for path in (*STATIC.glob("*.css"), *STATIC.glob("js/**/*.js"))}
    assert there == bundled | ALONE


def modules(bundles: tuple[str, ...]) -> dict[str, str]:
    """Browser modules of a page by their names, in the order in which they are served."""
    paths = [STATIC / name for bundle in bundles for name in BUNDLES[bundle]]
    return {path.name: path.read_text() for path in paths}


def exports(code: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:function|const|let|class) (\w+)", code, re.MULTILINE))


@PAGES
def test_no_two_modules_export_the_same_name(bundles: tuple[str, ...]) -> None:
    names = [name for code in modules(bundles).values() for name in exports(code)]
    assert sorted(names) == sorted(set(names))
    assert b"import " not in _served(Assets(), bundles[0])


@PAGES
def test_modules_import_what_they_use_of_others_that_come_before(bundles: tuple[str, ...]) -> None:
    own = {name: exports(code) for name, code in modules(bundles).items()}
    wrong: list[str] = []
    for place, (name, code) in enumerate(modules(bundles).items()):
        taken = {
            one.strip(): source
            for names, source in re.findall(r'^import {(.*)} from "\.\.?/(.*)";$', code, re.MULTILINE)
            for one in names.split(",")
        }
        wrong += [f"{name}: {one} of {source}" for one, source in taken.items() if one not in own.get(source, set())]
        wrong += [f"{name} stands before {source}" for source in set(taken.values()) if list(own).index(source) > place]
        made = re.findall(r"(?:function|const|let|class) (\w+)", code) + re.findall(r"^ +(?:async )?(\w+)\(.*\) {$", code, re.MULTILINE)
        known = taken.keys() | own[name] | set(made)
        others = {one for source, names in own.items() if source != name for one in names} - known
        spoken = re.sub(r"^\s*//.*$", "", code, flags=re.MULTILINE)
        wrong += [f"{name}: {one} is not imported" for one in others if re.search(rf"(?<![\w.\"'-]){one}\(", spoken)]
    assert wrong == []


def test_no_module_is_long() -> None:
    assert [path.name for path in STATIC.glob("js/**/*.js") if len(path.read_text().splitlines()) > 150] == []


@pytest.mark.parametrize(
    ("names", "limit"),
    [
        (("sluss.js", "vendor/htmx-4.0.1.min.js"), 32),
        (("later.js",), 12),
        (("sluss.css",), 12),
        (("public.js",), 5),
        (("public.css",), 4),
        (("outside.css",), 5),
        (("chat.js",), 20),
        (("chat.css",), 6),
        (("icons.svg", "fonts/inter-l.woff2", "fonts/inter-x.woff2"), 42),
    ],
)
def test_the_first_visit_stays_within_its_budget(names: tuple[str, ...], limit: int) -> None:
    assert sum(len(_served(Assets(), name, "br")) for name in names) <= limit * KB


def test_every_file_has_a_media_type() -> None:
    papers = {".md", ".txt"}
    assert [path for path in STATIC.rglob("*") if path.is_file() and path.suffix not in MEDIA_TYPES.keys() | papers] == []
