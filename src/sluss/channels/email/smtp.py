"""Sending by SMTP. In: one composed mail for one recipient. Out: `Sent`, or one of the three honest failures of the contract.

What is lost before the final dot could have been sent is `Unreachable`; what is lost after it could have been is `ResultUnknown`.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Literal, NoReturn

import aiosmtplib
import msgspec
from aiosmtplib.protocol import SMTPProtocol

from sluss.channels.contract import Outbound, Refused, ResultUnknown, Sent, Unreachable
from sluss.channels.email.compose import Unwritable, compose, domain_of, needs_smtputf8, plain_address
from sluss.channels.email.dial import CannotConnect, Place, open_socket, tls_context, tls_trouble
from sluss.channels.email.settings import InboxSecrets, InboxSettings
from sluss.kernel.words import say

_COMMAND_SECONDS = 60.0
_RESULT_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6
_IDLE_SECONDS = 30.0
_IDLE_CONNECTIONS = 4


class TokenRefused(Exception):
    """The server does not take the token; it may take a fresh one. Nothing was handed over."""


class Account(msgspec.Struct, frozen=True):
    """Where and as whom to send; equal accounts share connections. Not `named`: the name of the incoming mail, used where one is wanted.

    `by_token`: the password is a token.
    """

    place: Place
    user: str
    password: str
    named: bool = True
    by_token: bool = False

    def __repr__(self) -> str:
        return f"Account({self.place.host})"


def account_of(settings: InboxSettings, secrets: InboxSecrets, *, allow_private: bool) -> Account:
    place = Place(settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.certificate, allow_private)
    if settings.auth != "password":
        return Account(place, settings.user, "", by_token=True)
    named = bool(settings.smtp_user)
    return Account(place, settings.smtp_user or settings.user, secrets.smtp_password or secrets.password, named)


class Sender:
    """Sends mails and keeps connections that have proved good for a short while."""

    def __init__(self) -> None:
        self._idle: dict[Account, list[_Line]] = {}

    async def send(self, account: Account, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> tuple[Sent, bytes]:
        """The server's word and the bytes it took. Raises `Refused`, `Unreachable` or `ResultUnknown`."""
        try:
            raw = compose(outbound)
            envelope = Envelope.of(outbound, len(raw))
        except Unwritable as error:
            raise Refused("header", str(error), permanent=True) from error
        line = await self._ready(account, envelope)
        try:
            await line.address(envelope)
            detail = await line.hand_over(raw, hand_over)
        except Refused:
            await self._keep(account, line)
            raise
        except BaseException:
            line.close()
            raise
        await self._keep(account, line)
        return Sent(detail), raw

    async def close(self) -> None:
        """Ends every idle connection."""
        lines = [line for kept in self._idle.values() for line in kept]
        self._idle.clear()
        for line in lines:
            await line.quit()

    async def _ready(self, account: Account, envelope: Envelope) -> _Line:
        """A kept connection that still answers, else a new one."""
        while kept := self._idle.get(account):
            line = kept.pop()
            if await line.is_good():
                return line
            line.close()
        return await _Line.open(account, envelope)

    async def _keep(self, account: Account, line: _Line) -> None:
        kept = self._idle.setdefault(account, [])
        if len(kept) >= _IDLE_CONNECTIONS or not line.client.is_connected:
            line.close()
            return
        kept.append(line)
        line.close_after(_IDLE_SECONDS, lambda: kept.remove(line) if line in kept else None)


class Envelope(msgspec.Struct, frozen=True):
    """What the server reads instead of the mail."""

    sender: str
    recipient: str
    utf8: bool
    size: int
    plain_sender: str = ""
    """Named instead where the server takes no other."""

    @classmethod
    def of(cls, outbound: Outbound, size: int) -> Envelope:
        plain = plain_address("sender", outbound.sender.address)
        # An automatic mail has nobody who could take its bounce (RFC 3834), so that no loop can start.
        sender = "" if outbound.automatic else plain_address("sender", outbound.bounces_to or outbound.sender.address)
        return cls(sender, plain_address("recipient", outbound.recipient.address), needs_smtputf8(outbound), size, plain)


class _Line:
    """One signed-in connection."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, account: Account, envelope: Envelope) -> _Line:
        """Connected, secured, signed in. Raises `Unreachable`."""
        place = account.place
        try:
            opened = await open_socket(place)
        except CannotConnect as error:
            raise Unreachable(error.reason) from error
        client = aiosmtplib.SMTP(
            hostname=place.host,
            sock=opened,
            use_tls=place.security == "tls",
            start_tls=False,
            tls_context=None if place.security == "plain" else tls_context(place.certificate),
            timeout=place.timeout,
            local_hostname=domain_of(envelope.sender) if "@" in envelope.sender else "localhost",
        )
        line = cls(client)
        try:
            await line._begin(account)
        except BaseException:
            line.close()
            raise
        return line

    async def _begin(self, account: Account) -> None:
        place = account.place
        try:
            await self.client.connect()
            if place.security == "starttls":
                await self._start_tls(place)
            await self.client.ehlo(timeout=_COMMAND_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            raise Unreachable(
                say("The server %(host)s turned us away: %(answer)s", host=place.host, answer=f"{error.code} {_words(error.message)}")
            ) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unreachable(_connect_trouble(place, error)) from error
        if account.by_token:
            await self._sign_in_by_token(account)
        elif account.user and (account.named or self.client.supports_extension("auth")):
            await self._sign_in(account)

    async def _start_tls(self, place: Place) -> None:
        await self.client.ehlo(timeout=_COMMAND_SECONDS)
        if not self.client.supports_extension("starttls"):
            raise Unreachable(
                say(
                    "The server %(host)s offers no STARTTLS on port %(port)s; choose TLS and its port, often 465.",
                    host=place.host,
                    port=place.port,
                )
            )
        await self.client.starttls(server_hostname=place.host, timeout=_COMMAND_SECONDS)

    async def _sign_in_by_token(self, account: Account) -> None:
        host = account.place.host
        try:
            await self.client.auth_xoauth2(account.user, account.password, timeout=_COMMAND_SECONDS)
        except aiosmtplib.SMTPAuthenticationError as error:
            _no_passwords(error.message)
            if 400 <= error.code < 500:
                raise Unreachable(say("The server %(host)s cannot check the sign-in now; it will be tried again.", host=host)) from error
            raise TokenRefused from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unreachable(say("Signing in at %(host)s failed; it will be tried again.", host=host)) from error

    async def _sign_in(self, account: Account) -> None:
        host = account.place.host
        try:
            await self.client.login(account.user, account.password, timeout=_COMMAND_SECONDS)
        except aiosmtplib.SMTPAuthenticationError as error:
            _no_passwords(error.message)
            if 400 <= error.code < 500:
                raise Unreachable(
                    say(
                        "The server %(host)s cannot check the password now: %(answer)s",
                        host=host,
                        answer=f"{error.code} {_words(error.message)}",
                    )
                ) from error
            raise Unreachable(
                say(
                    "The server %(host)s does not accept user name and password (%(code)s); many providers want an app password.",
                    host=host,
                    code=error.code,
                )
            ) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unreachable(say("Signing in at %(host)s failed; check user name and password.", host=host)) from error

    async def is_good(self) -> bool:
        """Whether a kept connection still answers. Only then may a mail go over it."""
        if self._timer:
            self._timer.cancel()
        try:
            return (await self.client.rset(timeout=10.0)).code == 250
        except (aiosmtplib.SMTPException, OSError):
            return False

    async def address(self, envelope: Envelope) -> None:
        """Names sender and recipient. Raises `Refused` or `Unreachable`; nothing has been handed over yet."""
        options = [f"SIZE={envelope.size}"] if self.client.supports_extension("size") else []
        options += ["SMTPUTF8"] if envelope.utf8 else []
        if envelope.utf8 and not self.client.supports_extension("smtputf8"):
            raise Refused("5.6.7", say("The server takes no addresses with letters outside ASCII."), permanent=True)
        encoding = "utf-8" if envelope.utf8 else "ascii"
        try:
            await self._name_sender(envelope, options, encoding)
            await self.client.rcpt(envelope.recipient, encoding=encoding, timeout=_COMMAND_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            _answered(error.code, error.message, "before the mail")
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(say("The connection to the server was lost before the mail was handed over.")) from error
        except ValueError as error:
            raise Refused("address", say("The address cannot be sent to this server."), permanent=True) from error

    async def _name_sender(self, envelope: Envelope, options: list[str], encoding: Literal["ascii", "utf-8"]) -> None:
        """As the envelope says; where the server refuses that, by the plain address of the inbox."""
        try:
            await self.client.mail(envelope.sender, options=options, encoding=encoding, timeout=_COMMAND_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            if envelope.sender == envelope.plain_sender or not 500 <= error.code < 600 or error.code in {530, 535}:
                raise
            await self.client.mail(envelope.plain_sender, options=options, encoding=encoding, timeout=_COMMAND_SECONDS)

    async def hand_over(self, raw: bytes, hand_over: Callable[[], Awaitable[None]]) -> str:
        """DATA. The server's words on taking it; from the moment its bytes are written a loss is `ResultUnknown`."""
        await hand_over()
        try:
            invited = await self.client.execute_command(b"DATA", timeout=120.0)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(say("The connection to the server was lost before the mail was handed over.")) from error
        if invited.code != 354:
            _answered(invited.code, invited.message, "before the mail")
        protocol = self.client.protocol
        if protocol is None:
            raise Unreachable(say("The connection to the server was lost before the mail was handed over."))
        try:
            answer = await _write(protocol, raw)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ResultUnknown(say("The connection was lost after the mail was handed over, before the server answered.")) from error
        if answer.code != 250:
            _answered(answer.code, answer.message, "after the mail")
        return f"{answer.code} {_words(answer.message)}"

    def close_after(self, seconds: float, forget: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, lambda: (forget(), self.close()))

    async def quit(self) -> None:
        try:
            await self.client.quit(timeout=2.0)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        transport = self.client.transport
        self.client.close()
        if isinstance(transport, asyncio.WriteTransport):
            # Nothing is owed any more; a polite end of TLS would keep the socket for half a minute.
            transport.abort()


async def _write(protocol: SMTPProtocol, raw: bytes) -> aiosmtplib.SMTPResponse:
    """The dot-stuffed mail and its final dot, and the answer."""
    stuffed = b"." + raw if raw.startswith(b".") else raw
    protocol.write(stuffed.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return await protocol.read_response(timeout=_RESULT_SECONDS)


def _answered(code: int, message: str, when: str) -> NoReturn:
    """Turns an answer other than yes into what it means."""
    reason = _words(message)
    _no_passwords(message)
    if code in {530, 535}:
        raise Unreachable(say("The server wants us to sign in (%(code)s); check user name and password of the outgoing server.", code=code))
    if code == 421 and when == "before the mail":
        raise Unreachable(say("The server is closing down or busy: %(answer)s", answer=f"{code} {reason}"))
    if 400 <= code < 600:
        raise Refused(_status(code, reason), reason, permanent=code >= 500)
    if when == "before the mail":
        raise Unreachable(say("The server gave an answer that means nothing: %(answer)s", answer=f"{code} {reason}"))
    raise ResultUnknown(say("The server answered the mail with %(answer)s, which says neither yes nor no.", answer=f"{code} {reason}"))


def _no_passwords(message: str) -> None:
    """Microsoft's answers where a password, or sending by SMTP at all, is switched off: nobody's mail is at fault."""
    if _WITHOUT_SMTP.search(message):
        raise Unreachable(
            say("Microsoft has SMTP switched off for this mailbox. Its administrator can allow “Authenticated SMTP” for it in Exchange.")
        )
    if _WITHOUT_PASSWORDS.search(message):
        raise Unreachable(say("Microsoft takes no passwords for sending any more. Change the inbox and choose Connect with Microsoft."))


_WITHOUT_SMTP = re.compile(r"SmtpClientAuthentication is disabled", re.IGNORECASE)
_WITHOUT_PASSWORDS = re.compile(r"basic authentication is (?:not supported|disabled)", re.IGNORECASE)


def _status(code: int, reason: str) -> str:
    """The enhanced status when the words begin with one (RFC 2034), else the plain code."""
    first = reason.partition(" ")[0]
    return first if first.count(".") == 2 and first.replace(".", "").isdigit() else str(code)


def _words(message: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in message).split())[:500]


def _connect_trouble(place: Place, error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(error, TimeoutError) or isinstance(cause, (TimeoutError, socket.gaierror)):
        return say("The server %(host)s does not answer on port %(port)s.", host=place.host, port=place.port)
    if place.security != "plain":
        return tls_trouble(place, cause)
    return say("The server %(host)s ended the connection before it began.", host=place.host)
