"""Templates. In: a name, a page and a screen. Out: HTML text, escaped, in the reader's language.

Each slice keeps its templates in `templates/<slice>/`; the name of one is `<slice>/<file>.html`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sluss.web import formats
from sluss.web.assets import Assets
from sluss.web.keys import BY_ID, KEYS, caps, keys_of
from sluss.web.locale import LOCALES, Voice, gettext, ngettext, speaking
from sluss.web.places import KEPT, SETTINGS
from sluss.web.shell import Page

SLICES = Path(__file__).parents[1]

FILTERS: dict[str, Callable[..., Any]] = {
    "tick": formats.tick,
    "short": formats.short,
    "exact": formats.exact,
    "iso": formats.iso,
    "long_day": formats.long_day,
    "size": formats.size,
    "number": formats.number,
    "language": formats.language,
    "initials": formats.initials,
    "colour": formats.colour,
    "plain": formats.plain,
    "linkify": formats.linkify,
    "outside": formats.outside,
    "marked": formats.marked,
}


class Templates:
    """All templates of all slices, compiled when first used."""

    def __init__(self, assets: Assets, *, fresh: bool = False) -> None:
        self.environment = make_environment(assets, SLICES.glob("*/templates"), fresh=fresh)

    def render(self, name: str, page: Page, **screen: object) -> str:
        """A whole page or a fragment. `screen` are the values that the template's module documents."""
        with speaking(Voice(page.locale, page.zone)):
            return self.environment.get_template(name).render(page=page, **screen)


def make_environment(assets: Assets, folders: Iterable[Path], *, fresh: bool = False) -> Environment:
    """Jinja with everything escaped, a missing value an error, and texts in the current voice."""
    environment = Environment(
        loader=FileSystemLoader(sorted(folders)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=fresh,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    install: Any = environment
    install.install_gettext_callables(gettext, ngettext, newstyle=True)
    environment.filters.update(FILTERS)
    given: dict[str, Any] = {"asset": assets.url, "op": new_op, "by_day": by_day, "languages": LOCALES}
    given |= {"KEYS": KEYS, "SETTINGS": SETTINGS, "KEPT": KEPT, "key": BY_ID.__getitem__, "keys_of": keys_of, "caps": caps}
    environment.globals.update(given)
    return environment


def new_op() -> str:
    """A key for one rendering of one form; the server does the work once for it however often it is sent."""
    return secrets.token_hex(13)


def by_day(items: Iterable[Any]) -> list[tuple[Any, list[Any]]]:
    """Timeline items grouped by the local day of their `at`."""
    return [(day, list(group)) for day, group in groupby(items, key=lambda item: formats.day(item.at))]
