"""Forms with files, as bytes. In: fields and files. Out: a body and its content type."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping

import msgspec

_UNSAFE = re.compile('[\x00-\x1f\x7f"\\\\]')


class FormFile(msgspec.Struct, frozen=True):
    """One file of a form, under the name of its field."""

    field: str
    name: str
    media_type: str
    data: bytes


def encode_form(fields: Mapping[str, str], files: Iterable[FormFile]) -> tuple[bytes, str]:
    """The body, and what stands in `Content-Type`. Nothing in a name can end the line that it stands in."""
    border = f"sluss-{secrets.token_hex(16)}"
    pieces: list[bytes] = []
    for name, value in fields.items():
        pieces.append(f'--{border}\r\nContent-Disposition: form-data; name="{_safe(name)}"\r\n\r\n{value}\r\n'.encode())
    for one in files:
        head = f'--{border}\r\nContent-Disposition: form-data; name="{_safe(one.field)}"; filename="{_safe(one.name) or "file"}"\r\n'
        pieces += [f"{head}Content-Type: {_safe(one.media_type)}\r\n\r\n".encode(), one.data, b"\r\n"]
    return b"".join((*pieces, f"--{border}--\r\n".encode())), f"multipart/form-data; boundary={border}"


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text)
