"""One answer as the messages that its network takes. In: words, files, what the network allows. Out: parts in order, or a sentence.

A text that is too long becomes several; files that cannot go together, or not with words, follow in messages of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sluss.cases.access import AttachmentRow
from sluss.channels.contract import Capabilities
from sluss.channels.counting import Measure, count_length, reserved_for
from sluss.channels.splitting import TooManyParts, split_files, split_text
from sluss.kernel.errors import Invalid
from sluss.kernel.words import say

TEXT = 100_000
TOO_LONG = say("This is too long: at most %(most)s characters can be sent here.")


class Part(msgspec.Struct, frozen=True):
    """One message of an answer."""

    text: str
    files: tuple[AttachmentRow, ...] = ()


def measure_of(capabilities: Capabilities, address: str) -> Measure:
    """How long one message to somebody may be, and how that is counted."""
    most = capabilities.max_length or TEXT
    return Measure(counts=capabilities.counts, most=most, reserved=reserved_for(address, capabilities.counts))


def part_answer(text: str, files: Sequence[AttachmentRow], capabilities: Capabilities, measure: Measure) -> list[Part]:
    """The messages of an answer, at least one. Raises `Invalid` where the network does not take it."""
    require_files(files, capabilities)
    texts = _texts(text, capabilities, measure)
    bundles = split_files(files, capabilities.max_files)
    if capabilities.files_alone and texts:
        return [*(Part(one) for one in texts), *(Part("", bundle) for bundle in bundles)]
    number = max(len(texts), len(bundles))
    return [
        Part(texts[place] if place < len(texts) else "", bundles[place] if place < len(bundles) else ()) for place in range(max(number, 1))
    ]


def require_files(files: Sequence[AttachmentRow], capabilities: Capabilities) -> None:
    """Whether the network takes the files at all: each of them where they go by number, else all together."""
    if files and not capabilities.can_attach:
        raise Invalid({"file": "Files cannot be sent on this way."})
    most = capabilities.max_file_bytes
    if most is None or not files:
        return
    if capabilities.max_files is None and sum(one.size for one in files) > most:
        raise Invalid({"file": say("The files are too large together: at most %(most)s MB can be sent here.", most=most // 1_000_000)})
    large = next((one for one in files if one.size > most), None)
    if large is not None:
        raise Invalid(
            {"file": say("“%(name)s” is too large: at most %(most)s MB can be sent here.", name=large.name, most=most // 1_000_000)}
        )


def _texts(text: str, capabilities: Capabilities, measure: Measure) -> tuple[str, ...]:
    if not text.strip():
        return ()
    if count_length(text, measure.counts) <= measure.most - measure.reserved:
        return (text,)
    if not capabilities.splits:
        raise Invalid({"body": say(TOO_LONG, most=measure.most - measure.reserved)})
    try:
        return split_text(text, measure.most, measure.counts, measure.reserved)
    except TooManyParts:
        raise Invalid({"body": say("This is too long, even for several messages. Shorten it, or attach a file.")}) from None
