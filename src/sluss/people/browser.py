"""What a browser brings and is given: cookies, the proof that a form is ours, its name in words.

With HTTPS the cookies carry the `__Host-` prefix, which binds them to this one host; on a plain local network browsers refuse that name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Literal
from urllib.parse import urlsplit

from sluss.config import Config
from sluss.kernel.errors import Forbidden
from sluss.kernel.words import say
from sluss.people.sessions import Browser
from sluss.web.edge import Call
from sluss.web.proxies import client_address, is_secure

Cookie = Literal["sluss", "sluss-form", "sluss-device", "sluss-pending", "sluss-oidc"]
SESSION: Cookie = "sluss"
FORM: Cookie = "sluss-form"
DEVICE: Cookie = "sluss-device"
PENDING: Cookie = "sluss-pending"
VOYAGE: Cookie = "sluss-oidc"
YEAR = 31_536_000

NOT_OURS = say("This form did not come from Sluss. Reload the page and try again.")

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))


def read_cookie(request: Call, config: Config, name: Cookie) -> str:
    """The value of a cookie of ours, or an empty string."""
    return request.cookies.get(_full_name(request, config, name), "")


def set_cookie(request: Call, config: Config, name: Cookie, value: str, seconds: int = 0) -> None:
    """Give a cookie with whatever the answer will be; 0 seconds keeps it until the browser closes."""
    secure = "; Secure" if is_secure(request.scope, config) else ""
    lasting = f"; Max-Age={seconds}" if seconds else ""
    _cookies(request).append(f"{_full_name(request, config, name)}={value}; Path=/; HttpOnly; SameSite=Lax{lasting}{secure}")


def drop_cookie(request: Call, config: Config, name: Cookie) -> None:
    """Take a cookie back."""
    secure = "; Secure" if is_secure(request.scope, config) else ""
    _cookies(request).append(f"{_full_name(request, config, name)}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}")


def form_token(request: Call, config: Config) -> str:
    """The proof that forms carry where nobody is signed in: made from a cookie that no other site can read or set."""
    secret = read_cookie(request, config, FORM)
    if len(secret) < 20:
        secret = secrets.token_urlsafe(24)
        set_cookie(request, config, FORM, secret)
    return hashlib.sha256(b"form " + secret.encode()).hexdigest()[:32]


def require_same_origin(request: Call, config: Config) -> None:
    """Refuse what another site sent. Browsers tell by `Sec-Fetch-Site`, older ones and plain HTTP by `Origin`.

    `Origin: null` alone decides nothing: a page that gives no referrer sends it for its own forms. The token decides then.
    """
    site = request.headers.get("sec-fetch-site", "")
    if site:
        if site not in {"same-origin", "none"}:
            raise Forbidden(NOT_OURS)
        return
    origin = request.headers.get("origin", "")
    if origin and origin != "null" and urlsplit(origin).netloc.lower() not in _own_hosts(request, config):
        raise Forbidden(NOT_OURS)


async def require_token(request: Call, expected: str) -> None:
    """Refuse a form or script that does not know its token (header `X-CSRF-Token`, or field `csrf`)."""
    told = request.headers.get("x-csrf-token") or (await request.form()).get("csrf", "")
    if not isinstance(told, str) or not expected or not hmac.compare_digest(told.encode("utf-8", "replace"), expected.encode()):
        raise Forbidden(NOT_OURS)


def describe(request: Call, config: Config) -> Browser:
    """“Firefox, Linux” and the address, as one's own page lists them."""
    agent = request.headers.get("user-agent", "")[:400]
    name = next((words for mark, words in BROWSERS if mark in agent), "")
    system = next((words for mark, words in SYSTEMS if mark in agent), "")
    return Browser(", ".join(part for part in (name, system) if part), client_address(request.scope, config))


def _full_name(request: Call, config: Config, name: Cookie) -> str:
    return f"__Host-{name}" if is_secure(request.scope, config) else name


def _cookies(request: Call) -> list[str]:
    cookies: list[str] = request.scope["state"].setdefault("cookies", [])
    return cookies


def _own_hosts(request: Call, config: Config) -> set[str]:
    return {request.headers.get("host", "").lower(), urlsplit(config.base_url).netloc.lower()} - {""}
