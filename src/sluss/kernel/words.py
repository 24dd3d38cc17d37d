"""Sentences of ours that somebody reads later. In: English with `%(name)s` in it, and values. Out: the English sentence.

Logs and rows keep it in English. Where it is shown, `web.locale` knows it again by its pattern and tells it in the reader's language.
"""

from __future__ import annotations


def say(english: str, **values: object) -> str:
    """`say("The server %(host)s was not found.", host=host)`: what stands in the quotes goes to the catalogues.

    A value called `reason` may be such a sentence itself. Without values the pattern comes back, to be filled in by another `say`.
    """
    return english % values if values else english
