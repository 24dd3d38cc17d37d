"""Text of mail HTML. T102, and the text of the vectors of T63."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.kernel.html_text import text_from_html
from tests.kernel.hostile_html import VECTORS


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hej  Johan,</p>\n<p>min väska<br>är borta.</p>", "Hej Johan,\n\nmin väska\när borta."),
        ("<div>ett</div><div>två</div>", "ett\ntvå"),
        ("<ul><li>a<li>b</ul><ol><li>c<li>d</ol>", "- a\n- b\n\n1. c\n2. d"),
        (
            "<p>skrev:</p><blockquote><p>ett<p>två<br>tre<blockquote>fyra</blockquote></blockquote>svar",
            "skrev:\n\n> ett\n>\n> två\n> tre\n>\n> > fyra\n\nsvar",
        ),
        ('<a href="https://x.example/a">boka</a> nu', "boka (https://x.example/a) nu"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:asa@example.com">asa@example.com</a>', "asa@example.com"),
        ('<a href="javascript:alert(1)">klick</a>', "klick"),
        ('<a href="https://x.example/"></a>tomt', "tomt"),
        ("<b>fet</b>text <i>kursiv</i>, slut", "fettext kursiv, slut"),
        ("1 &lt; 2 &amp;amp; &nbsp; 3 &euro;", "1 < 2 &amp; 3 €"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("<pre>  x\n    y</pre>", "x\n    y"),
        ("a<pre>  x\n    y</pre>b", "a\n\n  x\n    y\n\nb"),
        ("a<hr>b", "a\n---\nb"),
        ('<img src="https://x.example/y" alt="Norrsken Air"> hej', "Norrsken Air hej"),
        ('<div style="display:none">preheader <b>x</b></div><p>syns</p>', "syns"),
        ('<p>a<br style="display:none">b', "ab"),
        ("<title>t</title><style>p{}</style><script>x</script>bara text", "bara text"),
        ("<p>Cześć<p><p><p><p>Małgorzata", "Cześć\n\nMałgorzata"),
        ("plain text, no tags", "plain text, no tags"),
        ("", ""),
    ],
)
def test_text_reads_like_the_letter(html: str, text: str) -> None:
    assert text_from_html(html) == text


def test_no_script_becomes_text() -> None:
    assert text_from_html("Hej <script>alert(1)</script><style>p{}</style><svg><script>alert(1)</script></svg>då") == "Hej då"


@given(st.lists(st.sampled_from(VECTORS), max_size=5).map("".join), st.integers(1, 500))
def test_text_is_never_longer_than_asked(html: str, limit: int) -> None:
    assert len(text_from_html(html, limit)) <= limit


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 1_000 + "djup text",
        "djup text" + "<" * 1_000_000,
        "<p>" * 300_000 + "djup text",
        "djup text" + "&" * 1_000_000,
        "djup text" + "x" * 5_000_000,
    ],
    ids=["deep", "open", "many", "references", "long"],
)
def test_html_beyond_the_bounds_keeps_its_words(html: str) -> None:
    """T102."""
    text = text_from_html(html, 2_000)
    assert len(text) <= 2_000
    assert text.startswith("djup text")
