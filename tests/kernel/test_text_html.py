"""HTML of plain text that leaves, and named fields in texts. T67, T94."""

from __future__ import annotations

import re
from html import unescape

import pytest

from sluss.kernel.filling import fill, unknown_fields
from sluss.kernel.html import clean_mail
from sluss.kernel.text_html import html_of_text, page_of

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "https://x.example/\"onmouseover='alert(1)",
    "https://x.example/<b>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "<!-- --><style>*{display:none}</style>",
    "&lt;script&gt;&#60;script&#62;",
    "> <script>\n> > <iframe src=//x>",
    "- <object data=x>\n- </li><script>",
    "[x](javascript:alert(1))",
    'mail@x.example" onclick="alert(1)',
    "\u2028<script>\u2029",
    "{{ ''.__class__ }} ${7*7} #{7*7} {% include '/etc/passwd' %}",
    '[cid:foreign@x] [picture-1.png"onerror="x]',
]


def test_paragraphs_lists_quotes_and_links() -> None:
    found = html_of_text("Hej!\nTvå rader\n\n- ett\n- två\n\n3. tre\n4. fyra\n> sagt\n> > före\nhttps://a.example/?b=1&c=2. kund@a.example")
    assert "<p>Hej!<br>\nTvå rader</p>" in found
    assert "<ul>\n<li>ett</li>\n<li>två</li>\n</ul>" in found
    assert '<ol start="3">\n<li>tre</li>\n<li>fyra</li>\n</ol>' in found
    assert "<blockquote>\n<p>sagt</p>\n<blockquote>\n<p>före</p>" in found
    assert '<a href="https://a.example/?b=1&amp;c=2">https://a.example/?b=1&amp;c=2</a>. ' in found
    assert '<a href="mailto:kund@a.example">' in found


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_typed_becomes_markup(text: str) -> None:
    """T67: what leaves passes the same sanitiser unchanged, and holds no element but ours."""
    page = html_of_text(text)
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "br", "a", "ul", "ol", "li", "blockquote"}
    assert not re.search(r"<[^>]*\son\w+=", page)
    assert not re.search(r'href="(?!https?:|mailto:)', page)
    cleaned = clean_mail(page_of(page), remote_images=False, cid={}).html
    assert _words(cleaned) == _words(page)


def _words(page: str) -> list[str]:
    return unescape(re.sub(r"<[^>]+>", "", page)).split()


def test_a_picture_stands_where_it_is_named_and_only_if_it_is_given() -> None:
    found = html_of_text("Se [bild.png] och [annan.png]", {"bild.png": "cid:a@b"})
    assert 'Se <img src="cid:a@b" alt="bild.png"' in found
    assert "[annan.png]" in found


@pytest.mark.parametrize(
    "text",
    ["{{ ''.__class__ }}", "{{agent.name.__class__}}", "{{agent}}", "{{ agent.name|upper }}", "{% include 'x' %}", "${agent.name}", "#{1}"],
)
def test_only_named_fields_are_filled_in(text: str) -> None:
    """T94: no expression, no attribute, no other template language."""
    assert fill(text, {"agent.name": "Johan"}) == text


def test_a_value_is_never_read_as_a_field() -> None:
    """T94."""
    assert fill("{{ agent.name }}", {"agent.name": "{{brand.name}}", "brand.name": "Norrsken"}) == "{{brand.name}}"


def test_unknown_fields_are_named() -> None:
    assert unknown_fields("{{agent.name}} {{ agent.mail }} {% x %}", ["agent.name"]) == ["{{ agent.mail }}", "{% x %}"]
