"""How well proposals are made: `python -m bench.proposals` tells precision and recall over the labelled pairs of bench/pairs.txt.

The weights of `proposals/scoring.py` were chosen on every second pair; the others tell what may be expected of pairs nobody looked at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sluss.kernel.clock import HOUR, MINUTE
from sluss.proposals.features import Said
from sluss.proposals.scoring import THRESHOLD, Score, Shared, score

PAIRS = Path(__file__).with_name("pairs.txt")
_LINE = re.compile(r"([=!]) (\d+)([mh])(?: x(\d+))? \| (.*?) <(.*?)> (\w+): (.*?) \| (.*?) <(.*?)> (\w+): (.*)")


class Pair(NamedTuple):
    """Two messages, whether they are of one matter, and how many others wrote the same."""

    one: Said
    other: Said
    same: bool
    shared: Shared
    line: int

    @property
    def score(self) -> Score:
        """What the program says."""
        return score(self.one, self.other, self.shared)


class Quality(NamedTuple):
    """Of all that was proposed, how much was right; of all that is right, how much was proposed."""

    precision: float
    recall: float
    pairs: int


def read_pairs() -> list[Pair]:
    """All pairs."""
    return [_pair(number, line) for number, line in enumerate(PAIRS.read_text().splitlines(), 1) if line and not line.startswith("#")]


def quality(pairs: Sequence[Pair], threshold: int = THRESHOLD) -> Quality:
    """Over some pairs."""
    proposed = [pair for pair in pairs if pair.score.value >= threshold]
    right = sum(pair.same for pair in proposed)
    return Quality(right / max(1, len(proposed)), right / max(1, sum(pair.same for pair in pairs)), len(pairs))


def main() -> None:
    """Print the figures, and with `--wrong` what was told wrongly."""
    pairs = read_pairs()
    for name, some in (("chosen on", pairs[::2]), ("measured only", pairs[1::2]), ("all", pairs)):
        found = quality(some)
        print(f"{name:14} {found.pairs:4} pairs   precision {found.precision:.3f}   recall {found.recall:.3f}")
    print("threshold   " + "   ".join(f"{at}: {found.precision:.2f}/{found.recall:.2f}" for at, found in _thresholds(pairs)))
    if "--wrong" in sys.argv:
        for pair in pairs:
            if (pair.score.value >= THRESHOLD) != pair.same:
                said = f"{pair.one.text[:60]} | {pair.other.text[:60]}"
                print(f"{pair.line:4} {'missed' if pair.same else 'wrong '} {pair.score.value:3} {pair.score.reason:8} {said}")


def _thresholds(pairs: Sequence[Pair]) -> Iterator[tuple[int, Quality]]:
    return ((at, quality(pairs, at)) for at in range(35, 70, 5))


def _pair(number: int, line: str) -> Pair:
    found = _LINE.fullmatch(line)
    if found is None:
        message = f"bench/pairs.txt, line {number} is no pair"
        raise ValueError(message)
    same, apart, unit, shared, *said = found.groups()
    addresses = [said[1], said[5]]
    one, other = (
        Said(contact=addresses.index(address), name=name, address=address, inbox=hash(way), text=text.replace(" / ", "\n"), at=at)
        for (name, address, way, text), at in zip((said[:4], said[4:]), (0, int(apart) * (MINUTE if unit == "m" else HOUR)), strict=True)
    )
    others = int(shared or 0)
    return Pair(one, other, same == "=", Shared(others, others, others), number)


if __name__ == "__main__":
    main()
