"""Real mails, damaged in every way, and hostile ones of full size in a process that has little memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.channels.contract import Inbound, Receipt, Unparsable
from sluss.channels.email.reading.understand import Ours, understand_mail
from tests.channels.email.mailroom import SUPPORT, delivered

PAYLOADS = [json.loads(path.read_text(encoding="utf-8"))["raw"].encode() for path in sorted(Path(__file__).parent.glob("payloads/*.json"))]
OURS = Ours((SUPPORT, "support@butiken.example"))


def is_answered(raw: bytes) -> bool:
    """Understood, or said to be unparsable with a sentence; and whatever is understood can be stored and shown."""
    try:
        found = understand_mail(delivered(raw), OURS)
    except Unparsable as error:
        return bool(error.reason)
    for one in found:
        if isinstance(one, Inbound):
            names = [one.subject, one.sender.name, one.sender.address, *one.references, *(file.name for file in one.files)]
            stored = "".join([one.text, one.html, *names])
            assert "\0" not in stored
            assert stored.encode("utf-8")
        else:
            assert isinstance(one, Receipt)
    return True


@pytest.mark.parametrize("raw", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_mail_cut_at_every_byte(raw: bytes):
    """T54, T55, F36."""
    assert all(is_answered(raw[:length]) for length in range(1, len(raw)))


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_mail(seed: int):
    """T54-T57, F36: bytes flipped, doubled, dropped, and lines in another order."""
    chance = random.Random(seed)  # noqa: S311 - damages, guards nothing
    raw = chance.choice(PAYLOADS)
    for _ in range(40):
        data = bytearray(raw)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randint(1, 40)]
                case 2:
                    data[at:at] = data[at : at + chance.randint(1, 80)]
                case _:
                    lines = bytes(data).split(b"\n")
                    chance.shuffle(lines)
                    data = bytearray(b"\n".join(lines))
            data = data or bytearray(b"x")
        assert is_answered(bytes(data))


@given(st.sampled_from(PAYLOADS), st.sampled_from(PAYLOADS), st.integers(0, 3000), st.binary(max_size=40))
def test_two_mails_grown_together(one: bytes, other: bytes, at: int, between: bytes):
    """T54, T55, F36."""
    assert is_answered(one[:at] + between + other[at:])


HOSTILE = {
    "one-line": 'HEAD + b"\\r\\n" + b"a" * SIZE',
    "lines": 'HEAD + b"\\r\\n" + b"\\n" * SIZE',
    "html": 'HEAD + b"Content-Type: text/html\\r\\n\\r\\n" + b"<table><td>" * (SIZE // 11)',
    "base64": 'HEAD + b"Content-Transfer-Encoding: base64\\r\\nContent-Type: image/png\\r\\n\\r\\n" + b"QUJD" * (SIZE // 4)',
    "noise": 'HEAD + b"Content-Transfer-Encoding: base64\\r\\n\\r\\n" + b"Q!" * (SIZE // 2)',
    "parts": 'MIXED + b"--b\\r\\n\\r\\n" + (b"x" * (SIZE // 900) + b"\\r\\n--b\\r\\n\\r\\n") * 900',
    "signed": 'HEAD + b"Content-Type: application/pkcs7-mime\\r\\n\\r\\n" + b"\\x30\\x80" * (SIZE // 2)',
    "uuencoded": 'HEAD + b"\\r\\n" + b"begin 644 a\\n" * 300000',
}
CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from sluss.channels.contract import Delivered, Unparsable
from sluss.channels.email.reading.understand import Ours, understand_mail
SIZE, HEAD = 50_000_000, b"From: a@b.example\\r\\nMessage-ID: <1@b>\\r\\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\\r\\n\\r\\n"
raw = {expression}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    found = understand_mail(Delivered(external_key="k", raw=raw, received_at=1), Ours(("s@n.example",)))
except Unparsable as error:
    found = [error.reason]
print(len(found), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
MOST_KB = 300_000


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.timeout(120)
def test_memory_stays_bounded(kind: str):
    """T54, F37: fifty megabytes of hostility cost at most 300 MB beside themselves."""
    program = CHILD.replace("{expression}", HOSTILE[kind])
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found, grown = map(int, ended.stdout.split())
    assert found == 1
    assert grown < MOST_KB
