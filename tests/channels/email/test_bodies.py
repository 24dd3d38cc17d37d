"""Bodies: charsets, choice of text and HTML, files and their names."""

from __future__ import annotations

import pytest

from tests.channels.email.mailroom import mail, read


def encoded(body: bytes, content_type: str) -> bytes:
    return b"From: asa@customer.example\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Åsa".encode(), "utf-8", "Åsa"),
        ("Łódź".encode("iso-8859-2"), "iso-8859-2", "Łódź"),
        ("“Åsa”".encode("cp1252"), "iso-8859-1", "“Åsa”"),
        ("Åsa är här".encode("cp1252"), "utf-8", "Åsa är här"),
        ("Åsa".encode(), "x-unknown", "Åsa"),
        ("Åsa".encode("cp1252"), "us-ascii", "Åsa"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        (b"+2AA-x", "utf-7", "x"),
        (b"abc", "zlib", "abc"),
        (b"abc-", "punycode", "abc-"),
        (b"a\x00b\xef\xbb\xbf", "utf-8", "ab\ufeff"),
        (b"\xef\xbb\xbfabc", "utf-8", "abc"),
    ],
)
def test_charsets(body: bytes, charset: str, text: str):
    """T55."""
    assert read(encoded(body, f"text/plain; charset={charset}")).text == text


def test_text_comes_from_html_when_there_is_no_other():
    html = "<head><title>t</title><style>p{}</style></head><p>Hej &aring;&nbsp;du<br>rad 2</p><ul><li>ett<li>två</ul><script>x</script>"
    found = read(encoded(html.encode(), "text/html; charset=utf-8"))
    assert found.text == "Hej å du\nrad 2\n\n- ett\n- två"
    assert found.html == html


def test_quotation_in_html_is_marked_and_cut():
    html = (
        "<div>Tack!</div><div>On Mon, 2 Nov 2026 Norrsken &lt;s@n.example&gt; wrote:<blockquote>Väskan<div>är här</div></blockquote></div>"
    )
    found = read(encoded(html.encode(), "text/html; charset=utf-8"))
    assert "> Väskan\n> är här" in found.text
    assert found.fresh == "Tack!"


def parts(*bodies: str, kind: str = "mixed") -> str:
    return mail("".join(f"--b\n{body}\n" for body in bodies) + "--b--", Content_Type=f'multipart/{kind}; boundary="b"')


def test_of_alternatives_the_last_of_each_form():
    found = read(parts("\nplain", "Content-Type: text/html\n\n<p>first</p>", "Content-Type: text/html\n\n<p>last</p>", kind="alternative"))
    assert (found.text, found.html, found.files) == ("plain", "<p>last</p>", ())


def test_empty_plain_alternative_gives_way_to_html():
    found = read(parts("\n \n", "Content-Type: text/html\n\n<p>words</p>", kind="alternative"))
    assert found.text == "words"


def test_text_around_a_picture_is_kept_in_both_forms():
    found = read(parts("\nbefore <b>", "Content-Type: image/png\n\nx", "Content-Type: text/html\n\n<p>after</p>"))
    assert found.text == "before <b>\n\nafter"
    assert found.html == "<div style='white-space:pre-wrap'>before &lt;b&gt;</div>\n<p>after</p>"


def test_forwarded_mail_stays_a_file():
    found = read(parts("\nsee this", "Content-Type: message/rfc822\n\nSubject: Gammalt\n\nhej"))
    assert [(file.name, file.media_type) for file in found.files] == [("Gammalt.eml", "message/rfc822")]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="../../etc/passwd"', ".._.._etc_passwd".lstrip(". ")),
        ('attachment; filename="a\\"b.pdf"', "a_b.pdf"),
        ("attachment; filename*0*=utf-8''%C3%85sa; filename*1=.pdf", "Åsa.pdf"),
        ('attachment; filename="=?utf-8?q?=C3=85sa.pdf?="', "Åsa.pdf"),
        ('attachment; filename="Åsa.pdf"', "Åsa.pdf"),
        ("attachment; filename*=utf-8''%E2%80%AEgpj.exe", "gpj.exe"),
        ("attachment", "application.pdf"),
        ("attachment; filename=plain.pdf; filename*=''x%2ey", "x.y"),
    ],
)
def test_file_names_are_harmless(header: str, name: str):
    """T60."""
    found = read(parts("\ntext", f"Content-Type: application/pdf\nContent-Disposition: {header}\n\nx"))
    assert [file.name for file in found.files] == [name]


def test_text_with_a_name_is_a_file():
    found = read(parts("\ntext", "Content-Type: text/plain; name=log.txt\n\nlines"))
    assert (found.text, found.files[0].name, found.files[0].data) == ("text", "log.txt", b"lines")


def test_flowed_text_is_one_paragraph():
    assert read(mail("Hej \ndu \n-- \nÅsa", Content_Type="text/plain; format=flowed")).text == "Hej du \n-- \nÅsa"


def test_body_that_is_too_long_becomes_a_file():
    found = read(mail("x" * 1_100_000))
    assert (found.text, found.files[0].name, len(found.files[0].data)) == ("", "message.txt", 1_100_002)


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", "SGVq", "Hej"),
        ("base64", "SGV!q\n", "Hej"),
        ("base64", "SGVqI", "Hej"),
        ("quoted-printable", "H=65j=\n du =ZZ", "Hej du =ZZ"),
        ("x-unknown", "Hej", "Hej"),
    ],
)
def test_transfer_encodings_with_faults(encoding: str, body: str, text: str):
    """T55."""
    assert read(mail(body, Content_Transfer_Encoding=encoding)).text.strip() == text


def test_missing_final_boundary_loses_nothing():
    """T54."""
    found = read(mail("--b\n\none\n--b\n\ntwo", Content_Type="multipart/mixed; boundary=b"))
    assert found.text == "one\n\ntwo"


def test_multipart_without_parts_is_shown_as_it_is():
    assert read(mail("just words", Content_Type="multipart/mixed; boundary=b")).text == "just words"
