"""Dovecot with its own configuration, run by one unprivileged account: IMAP (plain, STARTTLS, TLS), LMTP, sign-in for Postfix."""

import asyncio
import getpass
import grp
import imaplib
import os
import shutil
import smtplib
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers.certificate import Certificate
from tests.servers.program import HOST, Program, as_account, folder, free_port, listening, until

OWNER = "dovecot"
NOBODY_THERE = 68
CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
log_timestamp = "%F %T "
listen = {host}
protocols = imap lmtp
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
mail_fsync = never
mail_max_userip_connections = 200
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users/%u
}}
userdb {{
  driver = static
  args = uid={account} gid={group} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    port = {sasl}
  }}
}}
"""


class Dovecot:
    """The running server. Mailboxes are made per test, by `new_mailbox`."""

    def __init__(self, home: Path, certificate: Certificate) -> None:
        self.host = HOST
        self._ports = self.imap_port, self.imaps_port, self.lmtp_port, self.sasl_port = free_port(), free_port(), free_port(), free_port()
        self._home = home
        self._numbers = count(1)
        account, group = (OWNER, OWNER) if os.geteuid() == 0 else (getpass.getuser(), grp.getgrgid(os.getegid()).gr_name)
        ports = {"imap": self.imap_port, "imaps": self.imaps_port, "lmtp": self.lmtp_port, "sasl": self.sasl_port}
        self._configuration = home / "dovecot.conf"
        self._configuration.write_text(
            CONFIGURATION.format(home=home, host=HOST, account=account, group=group, cert=certificate.cert, key=certificate.key, **ports),
        )
        (home / "users").mkdir()
        self._program = Program(["/usr/sbin/dovecot", "-F", "-c", str(self._configuration)], home / "console.log", OWNER)

    def start(self) -> None:
        self._program.start(lambda: all(map(listening, self._ports)))

    @property
    def running(self) -> bool:
        return self._program.running

    def stop(self) -> None:
        """As an administrator does: open connections are closed, ports refuse."""
        self._program.stop()
        until(lambda: not any(map(listening, self._ports)), "Dovecot to let go of its ports")

    def restart(self) -> None:
        self.stop()
        self.start()

    def log(self) -> str:
        return (self._home / "dovecot.log").read_text(errors="replace") + self._program.said()

    def new_mailbox(self, name: str = "asa", domain: str = "customer.test") -> "Mailbox":
        """A mailbox nobody else has: `asa.7@customer.test`."""
        return self.add_user(f"{name}.{next(self._numbers)}@{domain}")

    def add_user(self, address: str, password: str = "kanal-10482") -> "Mailbox":
        """A mailbox at exactly this address, empty."""
        shutil.rmtree(self._home / "mail" / address, ignore_errors=True)
        # A file for each: one file for all is looked at anew only once a second.
        (self._home / "users" / address).write_text(f"{address}:{password}\n")
        return Mailbox(self, address, password)

    def kick(self, mailbox: "Mailbox") -> None:
        """Its IMAP connections die, as when the server's administrator ends a session."""
        command = [*as_account(OWNER), "/usr/bin/doveadm", "-c", str(self._configuration), "kick", mailbox.address]
        kicked = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
        assert kicked.returncode in {0, NOBODY_THERE}, kicked.stderr

    def maildir(self, address: str) -> Path:
        return self._home / "mail" / address


@dataclass(frozen=True)
class Mailbox:
    """One person's mail at the server. The methods block: in an async test put them in `asyncio.to_thread`, or await `arrives`."""

    server: Dovecot
    address: str
    password: str

    def deliver(self, raw: bytes, sender: str = "") -> None:
        """Hand a message over by LMTP, as a mail server would."""
        with smtplib.LMTP(self.server.host, self.server.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [self.address], on_the_wire(raw))

    def append(self, raw: bytes, folder: str = "INBOX") -> None:
        """Lay a message into a folder by IMAP, as a mail program does."""
        with self.imap() as imap:
            _good(imap.append(folder, "", "", on_the_wire(raw)))

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        """The raw messages, oldest first, their flags untouched."""
        with self.imap() as imap:
            _good(imap.select(folder, readonly=True))
            parts = _good(imap.fetch("1:*", "(BODY.PEEK[])")) if imap.untagged_responses["EXISTS"] != [b"0"] else []
        return [part[1].replace(b"\r\n", b"\n") for part in parts if isinstance(part, tuple)]

    def wait(self, count: int = 1, folder: str = "INBOX", seconds: float = 60) -> list[bytes]:
        """The messages, as soon as there are `count` or more."""
        found: list[bytes] = []

        def enough() -> bool:
            found[:] = self.messages(folder)
            return len(found) >= count

        until(enough, f"{count} messages in {folder} of {self.address}", seconds)
        return found

    async def arrives(self, count: int = 1, folder: str = "INBOX", seconds: float = 60) -> list[bytes]:
        return await asyncio.to_thread(self.wait, count, folder, seconds)

    def expunge(self, folder: str = "INBOX") -> None:
        """Remove every message for good."""
        with self.imap() as imap:
            _good(imap.select(folder))
            _good(imap.store("1:*", "+FLAGS", "\\Deleted"))
            _good(imap.expunge())

    def renumber(self) -> None:
        """The INBOX gets a new UIDVALIDITY and its messages new UIDs, as after a restore on the server."""
        before = self.uidvalidity()
        self.server.kick(self)
        for path in self.server.maildir(self.address).glob("dovecot*"):
            path.unlink()
        until(lambda: self.uidvalidity() != before or self._forget(), "a new UIDVALIDITY")

    def _forget(self) -> None:
        # Dovecot takes the second of the clock: within the same one it would choose the same number again.
        for path in self.server.maildir(self.address).glob("dovecot*"):
            path.unlink()

    def uidvalidity(self, folder: str = "INBOX") -> int:
        with self.imap() as imap:
            _good(imap.select(folder, readonly=True))
            said: Any = imap.untagged_responses["UIDVALIDITY"][0]
        return int(said)

    @contextmanager
    def imap(self) -> Generator[imaplib.IMAP4]:
        """A signed-in connection of the standard library."""
        connection = imaplib.IMAP4(self.server.host, self.server.imap_port, timeout=20)
        try:
            connection.login(self.address, self.password)
            yield connection
        except BaseException:
            connection.shutdown()
            raise
        connection.logout()


@contextmanager
def run_dovecot(certificate: Certificate) -> Generator[Dovecot]:
    with folder("dovecot", OWNER) as home:
        server = Dovecot(home, certificate)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def on_the_wire(raw: bytes) -> bytes:
    """Line ends as mail has them, unless the test wrote its own."""
    return raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    assert answer[0] == "OK", answer
    return answer[1]
