"""Real servers for the tests, each started once per test process on free ports of 127.0.0.1 in a folder of its own, and ended with it.

In: a test that names a fixture below. Out: the running server. A test that uses one is marked `servers` by itself (`bin/check fast`
leaves it out).

`database_url: str` (one test, run twice, ids `sqlite` and `postgresql`)
    A database of the test's own, `sqlite:////…/sluss.db` or `postgresql+psycopg://…`, its schema laid by the fixture `prepare_database`
    (session; returns `Callable[[url], None]`; run once for each kind, then copied; None: nothing is laid).

`empty_database_url: str`: as `database_url`, never prepared; the SQLite file does not exist yet

`postgres: Postgres` (session)
    `.fresh(template="template0") -> url` · `.prepared(prepare: Callable[[url], None]) -> str`, the name of a template database made once ·
    `.drop(url)` · `.sql(statement, database="postgres") -> list[tuple]` · `.stop()` · `.start()` · `.restart()` · `.crash()`

`certificate: Certificate` (session)
    `.cert`, `.key`: paths; good for localhost, 127.0.0.1 and mail.example.test · `.client() -> ssl.SSLContext` that trusts it

`dovecot: Dovecot` (session)
    `.host` · `.imap_port` (plain, STARTTLS) · `.imaps_port` (TLS) · `.lmtp_port` · `.stop()` · `.start()` · `.restart()` · `.log()` ·
    `.new_mailbox(name="asa", domain="customer.test") -> Mailbox`, a new address each time · `.add_user(address, password=…) -> Mailbox` ·
    `.kick(mailbox)`: its IMAP connections die
    `Mailbox`: `.address` · `.password` · `.deliver(raw, sender="")` by LMTP · `.append(raw, folder="INBOX")` ·
    `.messages(folder="INBOX") -> list[bytes]` · `.wait(count=1, folder="INBOX", seconds=20) -> list[bytes]` ·
    `await .arrives(…)` the same for async tests · `.expunge(folder="INBOX")` · `.imap()`: a signed-in imaplib connection (with) ·
    `.renumber()`: a new UIDVALIDITY, the same messages. All but `arrives` block: in an async test, `await asyncio.to_thread(…)`

`postfix: Postfix` (session, needs root): mail to any `.test` domain goes by LMTP to `dovecot`; an unknown address bounces
    `.host` · `.smtp_port` (no sign-in) · `.submission_port` (STARTTLS, then the name and password of a mailbox) ·
    `.send(raw, sender, recipients)` · `.queued() -> list[dict]` · `.flush()` · `.log() -> str` · `.stop()` · `.start()` · `.restart()`

`fault_proxy: Callable[[port], FaultProxy]` (one test): a TCP proxy on `.port` before a server, in a thread of its own
    `.cut_after(count, way="up")` · `.cut_when(pattern, way="up", pass_on=False)` · `.stall_when(pattern, way="up")` · `.delay(seconds)` ·
    `.refuse()` · `.cut_all()` · `.heal()` · `.connections` (accepted so far) · `.seen(way="up") -> bytes`; up is from client to server

`browser: playwright.sync_api.Browser` (module), `new_page(width=1440, height=900, theme="light", language="en") -> Page` (one test)
    Debian's Chromium; tests that use it are plain functions, never async. A page that throws, or writes an error to its console,
    fails its test, unless `new_page.allow("part of the text")` said so.
"""
