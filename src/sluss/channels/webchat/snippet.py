"""What a web site puts into its pages. In: where Sluss is, the key of a chat. Out: one line of HTML."""

from __future__ import annotations

from html import escape

LOADER = "/embed/v1.js"
"""The loader's address, the same for as long as its interface is."""


def snippet(origin: str, key: str) -> str:
    """The one line: `<script async src="https://desk.example.com/embed/v1.js" data-key="chat-…"></script>`."""
    return f'<script async src="{escape(origin)}{LOADER}" data-key="{escape(key)}"></script>'


def frame_policy(origin: str) -> str:
    """What a site with a Content-Security-Policy adds to it: the loader, its one question, and the frame."""
    return f"script-src {origin}; connect-src {origin}; frame-src {origin}"
