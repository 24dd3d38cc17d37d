"""From bytes to clean text. Trusts the declared charset, then UTF-8, then windows-1252; never raises."""

from __future__ import annotations

import codecs
import functools
import re

# Codecs that are not charsets (some are compressors), that take quadratic time, or that read escapes nobody wrote.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem", "unicode-internal"})
_WIDENED = {"ascii": "utf-8", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}


def decode_bytes(data: bytes, charset: str) -> str:
    """Text of bytes whose sender claims `charset` (empty: claims nothing)."""
    if not data:
        return ""
    if data.isascii() and charset.lower() in {"", "utf-8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-2", "windows-1252"}:
        return data.decode("ascii")
    for codec in (_codec(charset), "utf-8"):
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError, OverflowError):
            continue
    text = data.decode("utf-8", "replace")
    # A few broken characters among sound ones in UTF-8 (a cut, a gateway) are better shown as such than all of them in another charset.
    if text.count("\ufffd") * 4 < len(_SOUND.findall(text)):
        return text
    return data.decode("cp1252", "replace")


_SOUND = re.compile("[^\x00-\x7f\ufffd]")


@functools.lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    name = charset.strip(" \"'").lower()[:60]
    try:
        found = codecs.lookup(name or "utf-8")
    except (LookupError, ValueError, UnicodeError):
        return "utf-8"
    if not getattr(found, "_is_text_encoding", False) or found.name in _NOT_CHARSETS:
        return "utf-8"
    return _WIDENED.get(found.name, found.name)


# Controls other than tab and line feed, halves of pairs (UTF-7 can smuggle them), non-characters.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")


def clean_text(text: str) -> str:
    """Lines end in LF, control characters and lone surrogates are gone."""
    text = _LINE_ENDS.sub("\n", text.removeprefix("\ufeff"))
    return _UNWANTED.sub("", text)


_LINE_BREAKING = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
# Characters that turn the direction of writing make "gpj.exe" read as "exe.jpg"; nobody needs them in a name or a subject.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff\ud800-\udfff]")


def clean_line(text: str) -> str:
    """One line without control characters, runs of blanks made one."""
    return _TURNING.sub("", _LINE_BREAKING.sub(" ", text)).strip()
