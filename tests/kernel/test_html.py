"""Mail HTML: nothing runs, nothing loads, nothing leaves its frame, nothing takes long. T62-T65, T69, T75, T102."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.kernel import html as module
from sluss.kernel.css import clean_style
from sluss.kernel.html import FRAME_CSP, FRAME_CSP_WITH_REMOTE_IMAGES, TooMuchHtml, clean_mail, frame_document
from tests.kernel.hostile_html import REMOTE_LOADS, VECTORS

OURS = "/files/7?sig=abc"
CID = {"x": OURS, "logo@norrsken.example": OURS}


def words(text: str) -> set[str]:
    return set(text.split())


_TOKEN = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z]+="[^"<>]*")*)>|([^<>]+)')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_VOID = {"br", "hr", "img", "wbr", "col"}
_TAGS = _VOID | words(
    "a abbr acronym address article aside b bdi bdo big blockquote caption center cite code colgroup dd del dfn div dl dt em "
    "figcaption figure font footer h1 h2 h3 h4 h5 h6 header i ins kbd li main mark nav nobr ol p pre q s samp section small "
    "span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var"
)
_ATTRIBUTES = words(
    "align alt bgcolor border cellpadding cellspacing color colspan dir face height href lang nowrap referrerpolicy rel "
    "rowspan scope size src start style target title type valign width"
)
_STYLE = re.compile(r"[a-z-]+: (?:[\w#%+., \"'/-]|(?:rgb|hsl)a?\([\w.,% /]*\))+(?:; |$)")
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\\]+", re.IGNORECASE)


def shown(html: str, *, remote_images: bool = False) -> str:
    return clean_mail(html, remote_images=remote_images, cid=CID).html


def require_harmless(markup: str, *, remote_images: bool = False) -> None:
    """Reads the result token by token and fails on anything that is not known to be harmless; every element is closed in its order."""
    stack: list[str] = []
    end = 0
    for match in _TOKEN.finditer(markup):
        assert match.start() == end, markup[end : match.start()]
        end = match.end()
        closing, tag, attributes, _ = match.groups()
        if closing:
            assert stack.pop() == tag
        elif tag:
            assert tag in _TAGS
            stack += [] if tag in _VOID else [tag]
            require_harmless_attributes(tag, dict(_ATTRIBUTE.findall(attributes)), remote_images=remote_images)
    assert (end, stack) == (len(markup), [])


def require_harmless_attributes(tag: str, attributes: dict[str, str], *, remote_images: bool) -> None:
    assert set(attributes) <= _ATTRIBUTES
    values = {name: unescape(value) for name, value in attributes.items()}
    assert tag != "a" or (values["rel"], values["target"]) == ("noopener noreferrer", "_blank")
    assert _LINK.fullmatch(values.get("href", "tel:1"))
    source = values.get("src", OURS)
    assert source == OURS or (remote_images and source.startswith("https://"))
    assert re.fullmatch(f"(?:{_STYLE.pattern})+", values.get("style", "a: b"))
    assert not re.search(r"url|image|position|expression|var\(|calc|--", values.get("style", ""), re.IGNORECASE)


def test_the_table_is_long_enough() -> None:
    assert len(set(VECTORS)) >= 400


@pytest.mark.parametrize("vector", VECTORS)
def test_a_vector_becomes_harmless(vector: str) -> None:
    """T63-T65, T69: with and without remote images."""
    require_harmless(shown(vector))
    require_harmless(shown(vector, remote_images=True), remote_images=True)


@pytest.mark.parametrize(
    "around", ["<p>{}</p>", "<table><tr><td>{}</table>", "<b><i>{}", "<p title='{}'>x", "<!--{}-->x", "<a href=https://x.example>{}</a>"]
)
def test_vectors_stay_harmless_wherever_they_stand(around: str) -> None:
    """T63: each vector within other markup."""
    for vector in VECTORS:
        require_harmless(shown(around.format(vector)))


def test_pairs_of_vectors_stay_harmless() -> None:
    """T63: the end of one as the beginning of another."""
    for index, vector in enumerate(VECTORS):
        for other in VECTORS[index % 7 :: 23]:
            require_harmless(shown(vector + other))


@pytest.mark.parametrize("vector", VECTORS)
def test_parsing_the_result_again_changes_nothing(vector: str) -> None:
    """T63: no markup that a second reading turns into something else."""
    once = clean_mail(vector, remote_images=True, cid={}).html
    assert clean_mail(once, remote_images=True, cid={}).html == once


CRUMBS = ["<", ">", '"', "'", "&", "<!--", "-->", "</", "<svg>", "<style>", "]]>", "\x00", " "]


@given(
    st.lists(st.sampled_from([*VECTORS, *CRUMBS]), max_size=6).map("".join),
    st.data(),
)
def test_cut_and_joined_vectors_stay_harmless(html: str, data: st.DataObject) -> None:
    """T63."""
    start = data.draw(st.integers(0, len(html)))
    end = data.draw(st.integers(start, len(html)))
    require_harmless(shown(html[start:end]))


@pytest.mark.parametrize("vector", REMOTE_LOADS)
def test_nothing_names_a_remote_host_until_asked(vector: str) -> None:
    """T62: srcset, poster, background, @import, image-set, data-src, link, and all their kin."""
    assert "sink.example" not in shown(vector)


def test_remote_images_are_counted_and_shown_when_asked_for() -> None:
    """T62."""
    html = '<img src="https://a.example/1.png" alt="one"><img src="HTTP://b.example/2.png?a=1&amp;b=2"><img src="cid:x"><img src="3.png">'
    assert clean_mail(html, remote_images=False, cid=CID).blocked_images == 2
    asked = clean_mail(html, remote_images=True, cid=CID)
    assert asked.blocked_images == 0
    assert 'src="https://a.example/1.png"' in asked.html
    assert 'src="https://b.example/2.png?a=1&amp;b=2"' in asked.html


@pytest.mark.parametrize("source", ["cid:logo@norrsken.example", "CID:logo%40norrsken.example", "cid:<logo@norrsken.example>"])
def test_inline_pictures_come_from_us(source: str) -> None:
    assert f'src="{OURS}"' in shown(f'<img src="{source}" alt="Norrsken Air">')
    assert "src" not in shown('<img src="cid:unknown">')


def test_a_letter_keeps_its_form() -> None:
    html = (
        '<div style="font-family: Arial; color: #1a2b3c; margin: 0"><p align="center">Hej <b>Johan</b> &amp; <em>Maja</em>,</p>'
        '<table border="0" cellpadding="4" width="100%" bgcolor="#ffffff">'
        '<tbody><tr><td colspan="2" style="padding: 4px 8px">SK 1234</td></tr></tbody></table>'
        '<ul><li>Väska</li></ul><blockquote>Łukasz skrev</blockquote><font color="red" face="Arial" size="2">x</font></div>'
    )
    assert shown(html) == html


def test_links_open_apart_and_tell_nothing() -> None:
    """T75."""
    assert (
        shown('<a href=" https://x.example/a b&#10;c?q=å">x</a>')
        == '<a rel="noopener noreferrer" target="_blank" href="https://x.example/a%20bc?q=å">x</a>'
    )
    assert 'href="mailto:asa@example.com?subject=Hej%20d%C3%A5"' in shown('<a href="mailto:asa@example.com?subject=Hej%20d%C3%A5">x</a>')
    assert 'href="tel:+46701234567"' in shown('<a href="tel:+46701234567">x</a>')


@pytest.mark.parametrize(
    ("style", "cleaned"),
    [
        ("color:red", "color: red"),
        ("COLOR : #FFF !important; ;x", "color: #FFF"),
        ("font:bold 12px/1.5 'Segoe UI', Arial", "font: bold 12px/1.5 'Segoe UI', Arial"),
        ("background:rgb(1, 2, 3)", "background: rgb(1, 2, 3)"),
        ("background:rgba(0 0 0 / 50%)", "background: rgba(0 0 0 / 50%)"),
        ("margin:0 auto;padding:.5em 1.25em", "margin: 0 auto; padding: .5em 1.25em"),
        ("border-left:1px solid #ccc", "border-left: 1px solid #ccc"),
        ("display:NONE", "display: none"),
        ("font-family:-apple-system,BlinkMacSystemFont", "font-family: -apple-system,BlinkMacSystemFont"),
        ("margin:-1px", ""),
        ("color:red" * 1_000, ""),
        ("color:", ""),
        ("color:a:b", ""),
    ],
)
def test_styles_keep_what_only_looks(style: str, cleaned: str) -> None:
    """T65."""
    assert clean_style(style) == cleaned


HEAVY = {
    "reopened elements": "<p>" + "".join(f"<b title={number}>" for number in range(400)) + "<p>x" * 30_000,
    "reopened links": f"<p><a href=https://x.example/{'y' * 4_000}>" + "<p>x" * 30_000,
    "deep as allowed": "<div>" * 490 + "<p>x" * 30_000,
    "one long style": '<p style="' + "color:red;" * 90_000 + '">x',
    "one long attribute": '<p title="' + "x" * 990_000 + '">x',
    "misnested": "<a><div>" * 200 + "</a>" * 30_000,
    "comments": "<!--" * 30_000,
    "tables": "<table>x" * 400 + "<td>" * 30_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_mail_grows_without_bound(name: str) -> None:
    """T102, F37: 25 kB of elements that a parser reopens once became 37 MB."""
    assert len(shown(HEAVY[name])) < 6 * module.MAX_BYTES


@pytest.mark.parametrize(
    "html",
    [
        "x" * 1_000_001,
        "å" * 500_001,
        "<div>" * 501,
        "<b>" * 501,
        "<p>" * 40_001,
        "&" * 100_001,
        "<table><tr><td>" * 501,
        "<div><table></div></table>" * 600,
    ],
)
def test_what_would_take_long_is_not_rendered(html: str) -> None:
    """T102."""
    with pytest.raises(TooMuchHtml, match="This mail's HTML"):
        shown(html)


def test_a_long_chain_of_replies_is_rendered() -> None:
    html = "<div><blockquote>" * 200 + "x" + "</blockquote></div>" * 200
    assert shown(html) == html
    assert "x" in shown("<p>paragraph without an end<li>x" * 10_000)


def test_the_frame_document_names_its_language_and_policy() -> None:
    """T63: whatever the header, the document itself forbids everything but its look."""
    document = frame_document("<p>Cześć</p>", 'pl"><script>alert(1)</script>')
    assert document.startswith('<!doctype html><html lang="pl&quot;&gt;')
    assert "<script" not in document
    assert document.endswith("<body><p>Cześć</p></body></html>")
    assert "default-src &#x27;none&#x27;" in document
    assert "https:" not in document
    assert "https:" in frame_document("", "sv", remote_images=True)


def test_the_policy_of_the_frame_allows_no_script_and_no_same_origin() -> None:
    assert "default-src 'none'" in FRAME_CSP
    assert not re.search(r"script-src|allow-scripts|allow-same-origin|allow-forms|allow-top", FRAME_CSP_WITH_REMOTE_IMAGES)
    assert "https:" not in FRAME_CSP
