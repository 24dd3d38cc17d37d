"""Signed and encrypted mail. In: a part of a mail. Out: what kind it is, and the mail inside one whose signature wraps it (RFC 8551).

No signature is checked here, so nothing is ever said to be signed by somebody: a mail that claims a signature is marked as unchecked.
"""

from __future__ import annotations

from typing import Literal

Protection = Literal["signed-unchecked", "encrypted"]

SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
VALUES = 50_000
"""How many values of a signed mail are looked at: programs that write it in pieces write thousands."""

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _UNTOLD, _END = 0x30, 0x04, 0x24, 0x80, b"\0\0"


def protection_of(text: str) -> Protection | None:
    """Whether a text is a PGP block in itself."""
    start = text[:2_000]
    if "-----BEGIN PGP MESSAGE-----" in start:
        return "encrypted"
    return "signed-unchecked" if "-----BEGIN PGP SIGNED MESSAGE-----" in start else None


def wrapped_mail(data: bytes) -> bytes | None:
    """The mail inside a CMS SignedData (RFC 5652); None when the data is encrypted, broken, or no such thing."""
    try:
        return _Signed(data).content()
    except (IndexError, ValueError, RecursionError):
        return None


Value = tuple[int, int, int]
"""A tag, and where its content begins and ends."""


class _Signed:
    """Walks the values of a BER encoding, as far as the content lies, and counts them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._seen = 0

    def content(self) -> bytes | None:
        """ContentInfo {kind, [0] SignedData {version, algorithms, {kind, [0] OCTET STRING}, …}}."""
        kind, wrapped = self._within(self._only(0, len(self._data)), 2)
        if self._data[kind[1] : kind[2]] != _SIGNED_DATA:
            return None
        encapsulated = self._within(self._only(wrapped[1], wrapped[2]), 3)[2]
        explicit = self._within(encapsulated, 2)[1]
        return self._octets(self._within(explicit, 1)[0])

    def _only(self, begin: int, end: int) -> Value:
        value, _ = self._value(begin, end)
        if value[0] != _SEQUENCE:
            raise ValueError
        return value

    def _within(self, value: Value, wanted: int) -> list[Value]:
        """The first values inside another."""
        _, at, end = value
        found: list[Value] = []
        while len(found) < wanted:
            one, at = self._value(at, end)
            found.append(one)
        return found

    def _value(self, at: int, end: int) -> tuple[Value, int]:
        """The value that begins here, and where the next one does. Its length may be untold: then it ends with two zeros."""
        self._seen += 1
        if self._seen > VALUES or at + 2 > end:
            raise ValueError
        tag, length, begin = self._data[at], self._data[at + 1], at + 2
        if length == _UNTOLD:
            stop = begin
            while self._data[stop : stop + 2] != _END:
                _, stop = self._value(stop, end)
            return (tag, begin, stop), stop + 2
        if length > _UNTOLD:
            size = length & 0x7F
            length, begin = int.from_bytes(self._data[begin : begin + size]), begin + size
        if begin + length > end:
            raise ValueError
        return (tag, begin, begin + length), begin + length

    def _octets(self, value: Value) -> bytes:
        """An octet string, whole or in pieces."""
        tag, at, end = value
        if tag == _OCTETS:
            return self._data[at:end]
        if tag != _OCTETS_IN_PIECES:
            raise ValueError
        pieces: list[bytes] = []
        while at < end:
            piece, at = self._value(at, end)
            pieces.append(self._octets(piece))
        return b"".join(pieces)
