"""Postfix with its own queue and configuration. Mail to `.test` domains goes by LMTP to Dovecot; unknown addresses bounce."""

import json
import os
import shutil
import smtplib
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.certificate import Certificate
from tests.servers.dovecot import Dovecot, on_the_wire
from tests.servers.program import HOST, Program, folder, free_port, listening, until

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}
myhostname = mail.example.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = {host}
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
virtual_mailbox_domains = regexp:{home}/etc/domains
virtual_transport = lmtp:inet:{host}:{lmtp}
default_transport = error:5.1.2 only .test domains are delivered here
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{host}:{sasl}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
"""
MASTER = """
{host}:{smtp} inet n - n - - smtpd
{host}:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

# The master changes accounts, and so forgets the signal it should get when the test process dies: a shell before it remembers.
WATCHED = '"$0" "$@" & trap "kill $!; wait $!" TERM; wait $!'


class Postfix:
    """The running server; `smtp_port` takes from anyone here, `submission_port` after STARTTLS and a mailbox's password."""

    def __init__(self, home: Path, dovecot: Dovecot, certificate: Certificate) -> None:
        self.host = HOST
        self._ports = self.smtp_port, self.submission_port = free_port(), free_port()
        self._home = home
        known = {"host": HOST, "home": home, "lmtp": dovecot.lmtp_port, "sasl": dovecot.sasl_port}
        known |= {"smtp": self.smtp_port, "submission": self.submission_port, "cert": certificate.cert, "key": certificate.key}
        for name in ("etc", "queue", "data"):
            (home / name).mkdir()
        shutil.chown(home / "data", "postfix")
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER), ("domains", "/\\.test$/ here\n")):
            (home / "etc" / name).write_text(text.format_map(known) if name != "domains" else text)
        self._program = Program(["sh", "-c", WATCHED, "/usr/lib/postfix/sbin/master", "-s", "-c", str(home / "etc")], home / "console.log")

    def make(self) -> None:
        """Let Postfix lay its queue folders."""
        subprocess.run(["/usr/sbin/postfix", "-c", str(self._home / "etc"), "check"], check=True, stderr=subprocess.DEVNULL)

    def start(self) -> None:
        self._program.start(lambda: all(map(listening, self._ports)))

    @property
    def running(self) -> bool:
        return self._program.running

    def stop(self) -> None:
        """As an administrator does: connections end, the queue stays."""
        self._program.stop()
        # Its children hold the ports a moment longer than the master lives.
        until(lambda: not any(map(listening, self._ports)), "Postfix to let go of its ports")

    def restart(self) -> None:
        self.stop()
        self.start()

    def send(self, raw: bytes, sender: str, recipients: list[str]) -> None:
        """Hand a message over as another mail server would; blocks (in an async test: `asyncio.to_thread`)."""
        with smtplib.SMTP(self.host, self.smtp_port, timeout=20) as smtp:
            smtp.sendmail(sender, recipients, on_the_wire(raw))

    def queued(self) -> list[dict[str, Any]]:
        """What waits: `postqueue -j`, one dict per message (`queue_name`, `sender`, `recipients`, …)."""
        return [json.loads(line) for line in self._postqueue("-j").splitlines()]

    def flush(self) -> None:
        """Try now what waits."""
        self._postqueue("-f")

    def log(self) -> str:
        path = self._home / "postfix.log"
        return (path.read_text(errors="replace") if path.exists() else "") + self._program.said()

    def _postqueue(self, word: str) -> str:
        command = ["/usr/sbin/postqueue", "-c", str(self._home / "etc"), word]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def run_postfix(dovecot: Dovecot, certificate: Certificate) -> Generator[Postfix]:
    if os.geteuid() != 0:
        pytest.fail("Postfix starts only as root: run bin/check as root (in a container, say), or bin/check fast")
    with folder("postfix") as home:
        server = Postfix(home, dovecot, certificate)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
