"""Mail inside of something: winmail.dat, signed and encrypted mail, files written into the text."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import struct

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from sluss.channels.email.reading.fresh import fresh_part
from sluss.channels.email.reading.protected import wrapped_mail
from sluss.channels.email.reading.tnef import unwrap
from tests.channels.email.mailroom import mail, read


def tnef_object(number: int, content: bytes, level: int = 1) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


def tnef_property(number: int, value: bytes, kind: int = 0x001F) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def winmail() -> bytes:
    names = struct.pack("<I", 3) + struct.pack("<HHI", 3, 0x0E20, 7)
    names += tnef_property(0x3707, "Åsas kvitto.pdf\0".encode("utf-16-le")) + tnef_property(0x3712, b"bild@norrsken\0", 0x001E)
    body = struct.pack("<I", 1) + tnef_property(0x1013, "<p>Väskan är röd</p>".encode("cp1252"), 0x0102)
    return b"".join(
        [
            b"\x78\x9f\x3e\x22\x01\x00",
            tnef_object(0x9007, struct.pack("<II", 1252, 0)),
            tnef_object(0x9003, body),
            tnef_object(0x9002, b"\0" * 14, 2),
            tnef_object(0x8010, b"SASKV~1.PDF\0", 2),
            tnef_object(0x800F, b"%PDF-1.7", 2),
            tnef_object(0x9005, names, 2),
        ]
    )


def attached(data: bytes, content_type: str, text: str = "Hej!") -> str:
    encoded = base64.encodebytes(data).decode()
    part = f"--b\nContent-Type: {content_type}\nContent-Transfer-Encoding: base64\n\n{encoded}\n--b--"
    return mail(f"--b\n\n{text}\n{part}", Content_Type="multipart/mixed; boundary=b")


def test_winmail_is_opened():
    """T58: the files in it and the text in it, under the long names."""
    found = read(attached(winmail(), 'application/ms-tnef; name="winmail.dat"', text=""))
    assert [(file.name, file.data, file.content_id) for file in found.files] == [("Åsas kvitto.pdf", b"%PDF-1.7", "bild@norrsken")]
    assert found.html.endswith("<p>Väskan är röd</p>")
    assert "Väskan är röd" in found.text


@pytest.mark.parametrize("cut", [3, 40, 90, 150, -8])
def test_broken_winmail_stays_a_file(cut: int):
    """T58: nothing is lost for being broken."""
    found = read(attached(winmail()[:cut], "application/ms-tnef; name=winmail.dat"))
    assert [file.name for file in found.files] == ["winmail.dat"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<I", 0xFFFFFFFF),
        struct.pack("<IHHI", 1, 0x1102, 0x1013, 0xFFFFFFFF),
        struct.pack("<I", 0xFFFFFFFF) + struct.pack("<HHI", 3, 0x0E20, 7) * 100_000,
    ],
)
def test_counts_in_a_winmail_are_only_claims(content: bytes):
    """T54, T58: nothing is taken from it, and nothing waits for four thousand million properties."""
    found = unwrap(b"\x78\x9f\x3e\x22\x01\x00" + tnef_object(0x9003, content))
    assert found is None or (found.files, found.text, found.html) == ([], "", "")


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_winmail_is_read_or_left(noise: bytes, at: int):
    """T54, T58: whatever its bytes, the reader answers."""
    sound = winmail()
    found = unwrap(sound[:at] + noise + sound[at + len(noise) :])
    assert found is None or found.files is not None


@pytest.fixture(scope="module")
def signer() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Åsa")])
    now = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=2))
    return made.sign(key, hashes.SHA256()), key


def signed(signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], content: bytes) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(*signer, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


INSIDE = "Content-Type: text/plain; charset=utf-8\r\n\r\nVäskan är röd\r\n".encode()


def test_text_inside_a_signature_is_read_and_nobody_is_vouched_for(signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey]):
    """T58: Outlook signs by wrapping the whole mail; the words count, the signature is marked as unchecked."""
    wrapped = mail(
        base64.encodebytes(signed(signer, INSIDE)).decode(),
        Content_Type="application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        Content_Transfer_Encoding="base64",
    )
    found = read(wrapped)
    assert (found.text.strip(), found.files, found.warnings) == ("Väskan är röd", (), ("signed-unchecked",))


def test_signature_written_in_pieces_of_untold_length_is_read():
    """T58: what programs write while they still read, in BER."""
    octets = b"\x24\x80" + b"".join(b"\x04" + bytes([len(one)]) + one for one in (INSIDE[:30], INSIDE[30:])) + b"\0\0"
    inner = bytes.fromhex("06092a864886f70d010701") + b"\xa0\x80" + octets + b"\0\0"
    body = bytes.fromhex("020101") + bytes.fromhex("3100") + b"\x30\x80" + inner + b"\0\0"
    outer = bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + b"\x30\x80" + body + b"\0\0" + b"\0\0"
    assert wrapped_mail(b"\x30\x80" + outer + b"\0\0") == INSIDE


@given(st.binary(max_size=400))
def test_any_bytes_are_a_signature_or_none(noise: bytes):
    """T54, T58."""
    prefix = bytes.fromhex("3080" + "06092a864886f70d010702" + "a0803080020101310030800609")
    assert all(result is None or isinstance(result, bytes) for result in (wrapped_mail(noise), wrapped_mail(prefix + noise)))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("data", [b"\x30\x80" * 500_000, b"\x24\x80\x04\x00" * 200_000, b"\x30\x84\xff\xff\xff\xff" + b"\0" * 1000])
def test_endless_signatures_end(data: bytes):
    """T54."""
    assert wrapped_mail(data) is None


SIGNED, ENCRYPTED = "multipart/signed; boundary=b", "multipart/encrypted; boundary=b"


@pytest.mark.parametrize(
    ("raw", "claimed"),
    [
        (attached(b"\x30\x80\x06\x09", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"), "encrypted"),
        (mail("-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----"), "encrypted"),
        (mail("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHej\n-----BEGIN PGP SIGNATURE-----"), "signed-unchecked"),
        (mail("--b\n\nHej\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--", Content_Type=SIGNED), "signed-unchecked"),
        (mail("--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--", Content_Type=ENCRYPTED), "encrypted"),
        (mail("I sign with my name"), ""),
    ],
)
def test_what_a_mail_claims_is_marked(raw: str, claimed: str):
    """T58."""
    assert [one for one in read(raw).warnings if one in {"encrypted", "signed-unchecked"}] == [one for one in [claimed] if one]


def written(data: bytes, name: str = "kvitto.pdf") -> str:
    lines = [binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45)]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def test_a_file_in_the_text_becomes_a_file():
    """T55: uuencode."""
    found = read(mail(f"Hej!\n\n{written(b'%PDF' * 50)}\nMvh Åsa"))
    assert [(file.name, file.media_type, file.data) for file in found.files] == [("kvitto.pdf", "application/pdf", b"%PDF" * 50)]
    assert "begin 644" not in found.text
    assert "Mvh Åsa" in found.text


@pytest.mark.parametrize(
    "text", ["begin 644 a.txt\nnot encoded at all, is it\nend", "begin 644 a.txt\nend", "begin 644 a.txt\n#0V%T", "begin 900 x\nend"]
)
def test_what_only_looks_like_a_file_stays_text(text: str):
    """T55."""
    found = read(mail(text))
    assert (found.files, "begin" in found.text) == ((), True)


@pytest.mark.timeout(20)
def test_many_beginnings_take_no_time():
    """T54."""
    assert read(mail("begin 644 a\n" * 60_000)).files == ()


@pytest.mark.parametrize(
    "notice",
    [
        "This e-mail and any attachments are confidential and intended solely for the addressee.\nIf you are not the addressee, delete it.",
        "CONFIDENTIALITY NOTICE: this message is privileged.",
        "Please consider the environment before printing this e-mail.",
        "Detta meddelande är konfidentiellt och endast avsett för mottagaren.",
        "Tänk på miljön innan du skriver ut detta mejl",
        "Niniejsza wiadomość jest poufna i przeznaczona wyłącznie dla adresata.",
        "Zanim wydrukujesz, pomyśl o środowisku.",
        "Treść tej wiadomości może zawierać informacje poufne.",
        "Administratorem danych osobowych jest Norrsken sp. z o.o.",
    ],
)
def test_legal_notices_are_not_new(notice: str):
    text = f"Var är väskan?\n\nMvh\nÅsa\n\n________________________________\n{notice}\nMore of the same.\n"
    assert fresh_part(text) == "Var är väskan?\n\nMvh\nÅsa"


@pytest.mark.parametrize(
    "text",
    [
        "Hi\n\nThis message is confidential, can you keep it so?",
        "Detta meddelande är konfidentiellt.",
        "I read in your disclaimer that bags count",
        "Hej\n\nInformationen i detta brev stämmer inte. Kan ni rätta den?",
    ],
)
def test_a_notice_that_is_meant_stays(text: str):
    assert fresh_part(text) == text
