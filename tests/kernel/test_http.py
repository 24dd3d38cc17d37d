"""The guarded client: where it goes, and how much it takes. T76-T81, T83, F42-F44."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluss.kernel import metrics
from sluss.kernel.addresses import AddressRefused
from sluss.kernel.http import GuardedClient, NoAnswer, OutgoingError, Policy, TooMuch

OPEN = Policy(allow_http=True, allow_private=True, ports=None, seconds=5, max_bytes=1_000_000)
LONG = "x" * 9_000
Reply = Callable[[bytes], bytes | list[bytes]]


class Host:
    """A server that says byte for byte what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self.reply: Reply = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        self.hang = asyncio.Event()
        self.port = 0
        self.server_name = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                self.asked.append(head + await reader.readexactly(length))
                reply = self.reply(self.asked[-1])
                for part in [reply] if isinstance(reply, bytes) else reply:
                    writer.write(part)
                    await writer.drain()
                if isinstance(reply, list):
                    await self.hang.wait()
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def says(self, body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
        self.reply = lambda _: "\r\n".join(head).encode() + body


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    found = Host()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.hang.set()
    server.close()


async def everything_is_here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    found = GuardedClient(OPEN, resolve=everything_is_here)
    yield found
    await found.aclose()


HOSTS = [
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f.1", "0x7f000001", "0x7f.0x0.0x0.0x1", "2130706433",
    "017700000001", "0177.0.0.1", "127.0.0.1.", "127.0.0.01", "localhost", "localhost.", "LOCALHOST", "localhost.localdomain",
    "ip6-localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[fd00::1]", "[fe80::1]", "[fe80::1%25lo]", "[::1%25lo]",
    "[0:0:0:0:0:0:0:1]", "[0000::1]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "[fd00:ec2::254]",
    "metadata.google.internal", "metadata", "instance-data", "224.0.0.1", "255.255.255.255", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "public.example", "127.0.0.1.nip.example", "user@127.0.0.1", "user:pass@127.0.0.1", "public.example@127.0.0.1",
    "public.example:80@127.0.0.1", "127.0.0.1#@public.example", "127.0.0.1?@public.example", "127.0.0.1\\@public.example",
    "public.example\\@127.0.0.1", "127.0.0.1 .example", "127.0.0.1\t", "\t127.0.0.1", "127.0.0.1\r\nHost: x", "127.0.0.1%00.example",
    "127.0.0.1%2f", "%31%32%37.0.0.1", "%6cocalhost", "",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTS)
async def test_nothing_inside_is_ever_reached(host: Host, name: str) -> None:
    """T76: whatever the spelling, the listener sees nothing. Every name that is looked up leads to this machine."""
    client = GuardedClient(Policy(allow_http=True, ports=None, seconds=2), resolve=everything_is_here)
    for url in (f"http://{name}:{host.port}/", f"http:{name}:{host.port}/", f"https://{name}:{host.port}/"):
        with pytest.raises(AddressRefused):
            await client.request("GET", url)
    await client.aclose()
    assert host.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://8.8.8.8/", "ftp://8.8.8.8/", "http://8.8.8.8/", "unix:///run/x.sock",
        "http+unix://%2frun%2fx.sock/", "ws://8.8.8.8/", "data:text/plain,x", "javascript:x", "//8.8.8.8/", "/x", "", "https:///x",
        "https://", "https:8.8.8.8", "https://8.8.8.8:22/", "https://8.8.8.8:6379/", "https://8.8.8.8:0/", "https://8.8.8.8:99999/",
        "https://8.8.8.8:x/", "dict://8.8.8.8:11211/", "ldap://8.8.8.8/", "jar:https://8.8.8.8/!/", "https://8.8.8.8/\r\nX: y",
        "https://8.8.8.8/ x", "https://8.8.8.8\\x", f"https://8.8.8.8/{LONG}", "netdoc://8.8.8.8", "HTTP://8.8.8.8",
    ],
)  # fmt: skip
async def test_odd_schemes_ports_and_forms_are_refused(url: str) -> None:
    """T79: https on the ports of the web, and nothing else unless the policy says so."""
    client = GuardedClient(resolve=everything_is_here)
    with pytest.raises(AddressRefused):
        await client.request("GET", url)
    await client.aclose()


def changing(*answers: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A name server that says something else each time."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return [left.pop(0)]

    return resolve


async def test_the_connection_goes_to_the_checked_address(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """T78: a name that is public when asked and this machine when asked again."""
    reached: list[str] = []

    class Recording:
        async def connect_tcp(self, host: str, port: int, **_: object) -> None:
            reached.append(host)
            raise OSError("no such network in a test")

    monkeypatch.setattr(httpcore, "AnyIOBackend", Recording)
    client = GuardedClient(Policy(allow_http=True, ports=None, seconds=2), resolve=changing("8.8.8.8", "127.0.0.1"))
    with pytest.raises(OSError, match="no such network"):
        await client.request("GET", f"http://rebinding.example:{host.port}/")
    with pytest.raises(AddressRefused):
        await client.request("GET", f"http://rebinding.example:{host.port}/")
    assert (reached, host.connections) == (["8.8.8.8"], 0)
    await client.aclose()


async def test_host_goes_by_the_name_and_cookies_are_not_kept(host: Host, client: GuardedClient) -> None:
    host.says(b"ok", "Set-Cookie: a=b; Path=/", "X-Twice: 1", "X-Twice: 2")
    url = f"http://api.example:{host.port}/path?q=1"
    answer = await client.request("POST", url, headers={"Authorization": "Bearer t"}, content=b"{}")
    await client.request("GET", url)
    assert (answer.status, answer.body, answer.url, answer.headers["x-twice"]) == (200, b"ok", url, "1, 2")
    assert host.asked[0].startswith(f"POST /path?q=1 HTTP/1.1\r\nHost: api.example:{host.port}\r\n".encode())
    assert b"authorization: Bearer t" in host.asked[0]
    assert b"ookie" not in host.asked[1]
    assert host.connections == 1


async def test_proxies_of_the_environment_take_no_part(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """T76: a proxy would look names up again, elsewhere."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    client = GuardedClient(OPEN, resolve=everything_is_here)
    assert (await client.request("GET", f"http://api.example:{host.port}/")).status == 200
    await client.aclose()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_redirects_are_answers_unless_allowed(host: Host, client: GuardedClient, status: str) -> None:
    """T77."""
    host.says(b"", f"Location: http://127.0.0.1:{host.port}/inside", status=status)
    assert (await client.request("GET", f"http://api.example:{host.port}/")).status == int(status[:3])
    assert len(host.asked) == 1


def leading(**targets: str) -> Reply:
    """Replies that lead from `/name` to a target; everything else is the end."""

    def reply(asked: bytes) -> bytes:
        target = targets.get(asked.split(b" ")[1].decode().strip("/"))
        status, _, location = (target or "").partition(" ")
        head = f"HTTP/1.1 {status} x\r\nLocation: {location}\r\n" if target else "HTTP/1.1 200 OK\r\n"
        return f"{head}Content-Length: 3\r\n\r\nend".encode()

    return reply


async def following(host: Host, path: str, method: str = "GET", content: bytes = b"", **targets: str) -> str:
    """Where a request ends that may follow three redirects; `away` is another host, `inside` a forbidden one."""

    async def resolve(name: str, port: int) -> list[str]:
        return ["169.254.169.254" if name == "inside" else "127.0.0.1"]

    host.reply = leading(**targets)
    policy = Policy(allow_http=True, allow_private=True, ports=frozenset({host.port}), seconds=5, redirects=3)
    client = GuardedClient(policy, resolve=resolve)
    try:
        answer = await client.request(
            method, f"http://here:{host.port}/{path}", headers={"Authorization": "secret", "Accept": "x"}, content=content
        )
    finally:
        await client.aclose()
    return answer.url


async def test_a_short_chain_is_followed(host: Host) -> None:
    assert await following(host, "a", a="301 /b", b="302 c?x=1") == f"http://here:{host.port}/c?x=1"
    assert all(b"authorization: secret" in asked for asked in host.asked)


@pytest.mark.parametrize(
    "target",
    [
        "http://inside:{port}/",
        "http://169.254.169.254:{port}/",
        "http://here:1/",
        "ftp://here/",
        "file:///etc/passwd",
        "//user@here:{port}/",
    ],
)
async def test_every_hop_is_checked(host: Host, target: str) -> None:
    """T77."""
    with pytest.raises(AddressRefused):
        await following(host, "a", a="302 /b", b=f"302 {target.format(port=host.port)}")
    assert len(host.asked) == 2


async def test_another_host_gets_no_secrets(host: Host) -> None:
    """T77, T81."""
    await following(host, "a", a=f"302 http://away:{host.port}/b")
    assert b"secret" not in host.asked[1]
    assert b"accept: x" in host.asked[1]


async def test_another_host_gets_no_body(host: Host) -> None:
    """T77: 307 keeps the body, so it stays within one host."""
    with pytest.raises(AddressRefused):
        await following(host, "a", "POST", b"body", a=f"307 http://away:{host.port}/b")
    await following(host, "a", "POST", b"body", a="307 /b")
    assert host.asked[-1].startswith(b"POST /b")
    assert host.asked[-1].endswith(b"\r\n\r\nbody")
    await following(host, "a", "POST", b"body", a=f"303 http://away:{host.port}/b")
    assert host.asked[-1].startswith(b"GET /b")
    assert b"body" not in host.asked[-1]


async def test_endless_chains_end(host: Host) -> None:
    """T77."""
    with pytest.raises(TooMuch, match="redirects"):
        await following(host, "a", a="302 /a")
    assert len(host.asked) == 4


def gzipped(size: int) -> bytes:
    return gzip.compress(bytes(size))


@pytest.mark.parametrize(
    ("body", "headers", "match"),
    [
        (b"x" * 1_000_001, [], "larger"),
        (gzipped(500_000), ["Content-Encoding: gzip"], "beyond reason"),
        (gzipped(900_000_000 // 10), ["Content-Encoding: gzip"], "beyond reason|larger"),
        (zlib.compress(bytes(5_000_000)), ["Content-Encoding: deflate"], "beyond reason|larger"),
        (b"ok", [f"X-{number}: y" for number in range(200)], "headers"),
    ],
    ids=["long", "ratio", "bomb", "deflate bomb", "headers"],
)
async def test_an_answer_has_its_limits(host: Host, client: GuardedClient, body: bytes, headers: list[str], match: str) -> None:
    """T80."""
    host.says(body, *headers)
    with pytest.raises(TooMuch, match=match):
        await client.request("GET", f"http://api.example:{host.port}/")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 50) for number in range(10_000)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nplain",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: br\r\n\r\nok",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"\x00" * 200_000,
    ],
    ids=["10,000 headers", "long header", "two lengths", "negative length", "bad chunk", "not gzip", "br", "ssh", "nothing"],
)
async def test_what_is_not_http_is_no_answer(host: Host, client: GuardedClient, reply: bytes) -> None:
    """T80, F29."""
    host.reply = lambda _: reply
    with pytest.raises(NoAnswer) as failed:
        await client.request("GET", f"http://api.example:{host.port}/")
    assert "SSH" not in str(failed.value)


async def test_an_answer_that_breaks_off_is_no_answer(host: Host, client: GuardedClient) -> None:
    """T80, F44: less than was announced, and a compressed body without its end."""
    host.hang.set()
    host.reply = lambda _: [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"]
    with pytest.raises(NoAnswer):
        await client.request("GET", f"http://api.example:{host.port}/")
    host.says(gzip.compress(b"a" * 1_000)[:-9], "Content-Encoding: gzip")
    with pytest.raises(NoAnswer, match="cut off"):
        await client.request("GET", f"http://api.example:{host.port}/")


@pytest.mark.parametrize(
    "parts", [[], [b"HTTP/1.1 200 OK\r\n"], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"x", b"y"]], ids=["silent", "head", "body"]
)
async def test_a_slow_host_is_left(host: Host, parts: list[bytes]) -> None:
    """T80, F43: the limit is for the whole, not for each byte."""
    host.reply = lambda _: parts
    client = GuardedClient(Policy(allow_http=True, allow_private=True, ports=None, seconds=0.2), resolve=everything_is_here)
    with pytest.raises(TooMuch, match="too long"):
        await client.request("GET", f"http://api.example:{host.port}/")
    await client.aclose()


async def test_endless_bodies_are_cut(host: Host, client: GuardedClient) -> None:
    """T80."""
    host.reply = lambda _: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"10000\r\n" + b"x" * 65_536 + b"\r\n"] * 100]
    with pytest.raises(TooMuch, match="larger than 1000000"):
        await client.request("GET", f"http://api.example:{host.port}/")


async def test_a_compressed_answer_is_read(host: Host, client: GuardedClient) -> None:
    text = "\n".join(str(number) for number in range(100_000)).encode()
    host.says(gzip.compress(text), "Content-Encoding: gzip")
    assert (await client.request("GET", f"http://api.example:{host.port}/")).body == text
    host.says(b"", status="204 No Content")
    assert (await client.request("GET", f"http://api.example:{host.port}/")).body == b""


async def test_a_body_can_be_taken_in_pieces(host: Host, client: GuardedClient) -> None:
    host.says(b"x" * 300_000, status="404 Not Found")
    async with client.stream("GET", f"http://api.example:{host.port}/") as answer:
        sizes = [len(chunk) async for chunk in answer.chunks]
    assert (answer.status, sum(sizes)) == (404, 300_000)
    assert max(sizes) <= 65_536


async def test_a_closed_port_is_no_answer(client: GuardedClient, unused_port: int) -> None:
    before = metrics.value_of("sluss_outgoing_requests_total", result="failed") or 0
    with pytest.raises(NoAnswer, match="cannot be reached"):
        await client.request("GET", f"http://api.example:{unused_port}/")
    assert metrics.value_of("sluss_outgoing_requests_total", result="failed") == before + 1


@pytest.fixture
async def unused_port() -> int:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for api.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("api.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(("name", "problem"), [("api.example", None), ("other.example", "certificate is not valid")])
async def test_tls_goes_by_the_name_and_not_by_the_address(certificate: Path, name: str, problem: str | None) -> None:
    """T78, F43: connected to a checked address, greeted by name."""
    host, names = Host(), list[str | None]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, asked, _context: names.append(asked)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=context)
    trusting = ssl.create_default_context(cafile=str(certificate))
    client = GuardedClient(OPEN, resolve=everything_is_here, tls=trusting)
    url = f"https://{name}:{server.sockets[0].getsockname()[1]}/"
    said = await outcome(client, url)
    assert (problem or "200") in said
    assert names == [name]
    await client.aclose()
    server.close()


async def outcome(client: GuardedClient, url: str) -> str:
    try:
        return str((await client.request("GET", url)).status)
    except OutgoingError as error:
        return str(error)
