"""The two providers whose mail wants consent. In: a name. Out: where to ask, for what, and the only mail servers that get the tokens.

Addresses are constants: what a workspace enters never decides where a secret goes (T81). An installation may point them all at a stand-in.
"""

from __future__ import annotations

import re

import msgspec

from sluss.kernel.http import Policy


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Where consent is asked and tokens are given. `{tenant}` in an address is a directory at Microsoft. `issuer` is a pattern.

    `signs_in`: the application proves itself by HTTP Basic, and not by fields. `private`: it may be a double on this machine.
    """

    name: str
    label: str
    consent_at: str
    exchange_at: str
    issuer: str
    account_claim: str
    scopes: tuple[str, ...]
    mail_scopes: tuple[str, ...]
    extra: dict[str, str]
    imap_host: str
    smtp_host: str
    mail_hosts: frozenset[str]
    signs_in: bool = False
    private: bool = False

    def consent_address(self, tenant: str) -> str:
        """Where a person consents, for a directory."""
        return self.consent_at.replace("{tenant}", tenant or "common")

    def exchange_address(self, tenant: str) -> str:
        """Where codes and old tokens become fresh ones."""
        return self.exchange_at.replace("{tenant}", tenant or "common")


_GOOGLE_MAIL = "https://mail.google.com/"
_MICROSOFT_MAIL = ("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send")
_REAL = {
    "google": Provider(
        name="google",
        label="Google",
        consent_at="https://accounts.google.com/o/oauth2/v2/auth",
        exchange_at="https://oauth2.googleapis.com/token",
        issuer=r"(?:https://)?accounts\.google\.com",
        account_claim="email",
        scopes=("openid", "email", _GOOGLE_MAIL),
        mail_scopes=(_GOOGLE_MAIL,),
        extra={"access_type": "offline", "prompt": "consent"},
        imap_host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        mail_hosts=frozenset({"imap.gmail.com", "smtp.gmail.com", "imap.googlemail.com", "smtp.googlemail.com"}),
    ),
    "microsoft": Provider(
        name="microsoft",
        label="Microsoft",
        consent_at="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        exchange_at="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        issuer=r"https://login\.microsoftonline\.com/[0-9a-f-]{36}/v2\.0",
        account_claim="preferred_username",
        scopes=("openid", "email", "profile", "offline_access", *_MICROSOFT_MAIL),
        mail_scopes=_MICROSOFT_MAIL,
        extra={"response_mode": "query", "prompt": "select_account"},
        imap_host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        mail_hosts=frozenset({"outlook.office365.com", "outlook.office.com", "smtp.office365.com", "smtp-mail.outlook.com"}),
    ),
}
NAMES = tuple(_REAL)
PRIVATE_HOSTS = frozenset({"127.0.0.1", "localhost"})

_stand_in: list[str] = []


def use_stand_in(base: str) -> None:
    """From now on ask both providers at a stand-in (`http://127.0.0.1:9999`), with mail servers on this machine; empty: the real ones."""
    _stand_in[:] = [base.rstrip("/")] if base else []


def provider_named(name: str) -> Provider:
    """A provider as this installation reaches it. Raises `KeyError`."""
    real = _REAL[name]
    if not _stand_in:
        return real
    there = {field: _moved(getattr(real, field), name) for field in ("consent_at", "exchange_at")}
    return msgspec.structs.replace(real, mail_hosts=PRIVATE_HOSTS, imap_host="127.0.0.1", smtp_host="127.0.0.1", **there)


def outgoing_policy(*, private: bool = False) -> Policy:
    """What requests to a provider may do; a stand-in may live on this machine and without TLS."""
    strict = Policy(max_bytes=200_000)
    return msgspec.structs.replace(strict, allow_http=True, allow_private=True, ports=None) if _stand_in or private else strict


def is_tenant(text: str) -> bool:
    """Whether a text names a directory at Microsoft; it goes into a path and must be nothing else."""
    return bool(_TENANT.fullmatch(text))


UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TENANT = re.compile(rf"common|organizations|consumers|{UUID}|(?:[a-z0-9-]{{1,63}}\.){{1,5}}[a-z]{{2,20}}")


def _moved(url: str, name: str) -> str:
    """`https://login.example/a/b` at the stand-in: `http://127.0.0.1:9999/microsoft/a/b`."""
    return f"{_stand_in[0]}/{name}/{url.split('/', 3)[3]}"
