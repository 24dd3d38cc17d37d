"""`docs/keyboard.md` from the registry: what every key does, as the `?` sheet says it. Run: `python -m tests.house.keyboard`."""

from __future__ import annotations

from pathlib import Path

from sluss.web.keys import KEYS, Context, Key, caps, keys_of
from tests.house.tree import ROOT

PAGE = ROOT / "docs/keyboard.md"
STATIC = ROOT / "src/sluss/web/static/js"
GROUPS: tuple[tuple[str, tuple[Context, ...]], ...] = (
    ("Everywhere", ("everywhere",)),
    ("In the list", ("list", "row")),
    ("In a case", ("case", "thread")),
    ("While writing", ("writing",)),
)
HEAD = """\
# The keyboard

Everything on the desk can be done without a pointer. This page is made from `src/sluss/web/keys.py` by `python -m tests.house.keyboard`; in
Sluss, `?` shows the same with your own keys.

- `Ctrl K` (`⌘ K`) opens the palette: write what you want done, where to go, a case, or `snooze fri 9`.
- Single keys act outside of text fields only. Sluss never takes a key with Alt or AltGr: `ą`, `ł`, `å` and `ö` are letters everywhere.
- With the focus on a row of the list, the keys of a case mean that row; with rows selected, all of them.
- **Your settings › Your keys** changes any of them, switches one off, or all single keys at once. `sluss agent keys EMAIL --json` prints
  somebody's keys, and `--load FILE` takes them.

`⌘` stands for Ctrl on a Mac. Two keys with *then* are pressed one after the other.
"""
TAIL = """
## Times in words

`Shift Z`, and the palette after “snooze”, take a time in English, Swedish or Polish, whatever language your screens have: `tomorrow 9`,
`fri 14:30`, `in 3 hours`, `next week`, `i morgon kl 9`, `på fredag`, `om 2 timmar`, `jutro o 9`, `w piątek 14:30`, `za 3 godziny`,
`24/12`, `24 grudnia`, `until reply`. What it means is shown before Enter. `Z` alone snoozes until what you have chosen under Your keys,
tomorrow at eight for a start.

## Later

Keys of what is not built yet do nothing and are not listed: `c` new conversation, `l` secure link, `y` payment link, `!` moderate,
`#` delete, `+` react, `g r` reports, `g k` knowledge, `g p` phone.
"""


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_group(name, contexts) for name, contexts in GROUPS) + TAIL


def modules() -> dict[str, str]:
    """Browser modules by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(STATIC).glob("*.js"))}


def _group(name: str, contexts: tuple[Context, ...]) -> str:
    rows = "".join(f"| {_keys(key)} | {key.label} |\n" for key in KEYS if key.context in contexts)
    return f"\n## {name}\n\n| keys | what |\n| --- | --- |\n{rows}"


def _keys(key: Key) -> str:
    return ", ".join(" then ".join(f"`{' '.join(caps(step))}`" for step in keys.split(" ")) for keys in keys_of(key.id, {}))


if __name__ == "__main__":
    main()
