"""Sample screens of sign-in, set-up, one's own page and the settings."""

from __future__ import annotations

import msgspec

from sluss.people import screens as p
from sluss.settings import consent_screens as c
from sluss.settings import screens as t
from sluss.web.shell import Form
from tests.browser.samples import DAY, HOUR, MINUTE, NOW

LINES = (
    t.InboxLine(
        id="7",
        name="Bokning",
        address="bokning@norrsken.example",
        channel_icon="mail",
        channel_label="E-mail",
        state="ok",
        received_at=NOW - 2 * MINUTE,
        sent_at=NOW - 11 * MINUTE,
    ),
    t.InboxLine(
        id="8",
        name="Bagage och försenat bagage",
        address="bagage@norrsken.example",
        channel_icon="mail",
        channel_label="E-mail",
        state="fail",
        state_text="The server does not take the password.",
        received_at=NOW - 26 * MINUTE,
        sent_at=NOW - 5 * HOUR,
        queued=4,
        failed=2,
    ),
    t.InboxLine(
        id="9",
        name="Obsługa klienta",
        address="kontakt@norrsken.example",
        channel_icon="mail",
        channel_label="E-mail",
        state="warn",
        state_text="No mail for 9 hours, which is unusual here.",
        received_at=NOW - 9 * HOUR,
    ),
    t.InboxLine(
        id="10",
        name="Presskontakt",
        address="press@norrsken.example",
        channel_icon="mail",
        channel_label="E-mail",
        state="ok",
        paused=True,
        received_at=NOW - 40 * DAY,
        sent_at=NOW - 41 * DAY,
    ),
)
TEAMS = (t.Choice(id="1", label="Bokning", detail="Johan Falk, Maja Ek"), t.Choice(id="2", label="Bagage", detail="Ewa Nowak"))
ROLES = (
    t.Choice(id="agent", label="Answers customers", detail="Sees the cases of their teams, answers, notes, assigns and solves."),
    t.Choice(id="lead", label="Leads a team", detail="All of that in every team, and sees who does what."),
    t.Choice(id="reviewer", label="Approves what is published", detail="Reads everything, writes notes, approves answers in public."),
    t.Choice(id="field", label="Meets customers in person", detail="Sees only what is handed to them."),
    t.Choice(id="admin", label="Runs the workspace", detail="All of that, and inboxes, agents, quarantine and the audit log."),
)
CHECKS = t.Checks(
    id="1",
    at=NOW - HOUR,
    lines=(
        t.CheckLine(name="Sign in at imap.norrsken.example", state="ok", detail="TLS 1.3, 214 messages in INBOX."),
        t.CheckLine(
            name="Sign in at smtp.norrsken.example",
            state="fail",
            detail="535 5.7.8 Authentication credentials invalid",
            fix="Check the user name and password of mail out. Many providers want an app password here, made in their own settings.",
        ),
        t.CheckLine(name="Send a message to itself", state="waiting"),
    ),
)
RUNNING = t.Checks(
    id="2",
    running=True,
    lines=(
        t.CheckLine(name="Sign in at imap.norrsken.example", state="ok", detail="TLS 1.3, 214 messages in INBOX."),
        t.CheckLine(name="Sign in at smtp.norrsken.example", state="running"),
        t.CheckLine(name="Send a message to itself", state="waiting"),
    ),
)
VALUES = Form(
    values={
        "name": "Bokning",
        "address": "bokning@norrsken",
        "ways": "imap",
        "imap_host": "imap.norrsken.example",
        "imap_port": "993",
        "imap_security": "tls",
        "imap_username": "bokning",
        "smtp_host": "",
        "smtp_port": "465",
        "team": "1",
    },
    errors={
        "address": "“bokning@norrsken” has no domain. Write it like help@example.com.",
        "smtp_host": "Name the SMTP server, for example smtp.example.com.",
    },
)
PRESETS = (
    t.Preset(key="gmail", label="Google Workspace", help="Switch on IMAP in Gmail's settings and make an app password for Sluss."),
    t.Preset(key="microsoft", label="Microsoft 365"),
    t.Preset(key="onecom", label="one.com"),
)
RAW = (
    "Return-Path: <broken@sender.example>\nReceived: from mx.sender.example (192.0.2.7)\nSubject: =?utf-8?q?Faktura_88213?=\n"
    "Content-Type: multipart/mixed; boundary=\n\n--\n<script>alert(1)</script> {{7*7}}\nDzień dobry, w załączeniu …\n"
) * 4
ENVELOPES = tuple(
    t.EnvelopeLine(
        id=str(n),
        inbox="Bokning",
        received_at=NOW - n * HOUR,
        size=2_400 * n,
        reason=reason,
        sender=sender,
        subject=subject,
        discarded_at=NOW if n == 4 else None,
    )
    for n, (sender, subject, reason) in enumerate(
        (
            ("broken@sender.example", "Faktura 88213", "The message says multipart but names no boundary."),
            ("", "", "The message is larger than 10.2 MB."),
            (
                "maximiliana.konstancja.brzeczyszczykiewicz-wawrzyniecka@poczta.example.pl",
                "Prośba o fakturę korygującą za przelot LO455",
                "More than 100 parts nested in each other.",
            ),
            ("noreply@bulk.example", "Erbjudande", "The headers are longer than 100 kB."),
        ),
        1,
    )
)
HEALTH = t.Health(
    at=NOW,
    version="0.1.0",
    conservation=t.Conservation(acknowledged=120_482, processed=120_461, queued=17, quarantined=4, missing=0, checked_at=NOW - 20_000_000),
    groups=(
        t.HealthGroup(
            label="Queues",
            lines=(
                t.HealthLine(name="To be admitted", state="ok", value="17", detail="Oldest 2 s."),
                t.HealthLine(
                    name="To leave",
                    state="warn",
                    value="4",
                    detail="Oldest 24 min, all of Bagage.",
                    fix="Put right how Bagage signs in at its server.",
                ),
            ),
        ),
        t.HealthGroup(
            label="Inboxes",
            lines=(
                t.HealthLine(name="Bokning", state="ok", value="connected"),
                t.HealthLine(
                    name="Bagage, sending",
                    state="fail",
                    value="stopped",
                    detail="535 5.7.8 Authentication credentials invalid",
                    fix="Change the password under Inboxes, Bagage.",
                ),
            ),
        ),
        t.HealthGroup(
            label="System",
            lines=(
                t.HealthLine(name="Database", state="ok", value="SQLite 3.40.1, 214 MB"),
                t.HealthLine(
                    name="Disk",
                    state="warn",
                    value="8% free",
                    detail="1.9 GB of 24 GB.",
                    fix="Free some space; below 5% new mail is refused, and kept by the sender.",
                ),
                t.HealthLine(name="Leases", state="ok", value="7 held by this process"),
            ),
        ),
    ),
)
AUDIT = t.Audit(
    after="x",
    people=(t.Choice(id="11", label="Johan Falk"), t.Choice(id="12", label="Maja Ek")),
    areas=(t.Choice(id="inboxes", label="Inboxes"), t.Choice(id="agents", label="Agents")),
    lines=(
        t.AuditLine(
            at=NOW - 9 * MINUTE,
            who="Maja Ek",
            text="changed the password of mail out of",
            target="Bagage",
            href="/settings/inboxes/8",
            address="192.0.2.44",
        ),
        t.AuditLine(
            at=NOW - HOUR,
            who="Johan Falk",
            text="made a password link for",
            target="Ewa Nowak",
            href="/settings/agents/13",
            address="2001:db8::17",
        ),
        t.AuditLine(at=NOW - 30 * DAY, who="Sluss", text="was restored from a backup; sending was put on hold", address=""),
    ),
)
AGENTS = t.Agents(
    lines=(
        t.AgentLine(
            id="11", name="Johan Falk", email="johan@norrsken.example", role="Answers customers", teams=("Bokning",), seen_at=NOW - MINUTE
        ),
        t.AgentLine(
            id="12",
            name="Maja Ek",
            email="maja@norrsken.example",
            role="Runs the workspace",
            teams=("Bokning", "Bagage"),
            seen_at=NOW - 3 * HOUR,
        ),
        t.AgentLine(id="13", name="Ewa Nowak", email="ewa@norrsken.example", role="Answers customers", teams=("Bagage",), invited=True),
        t.AgentLine(
            id="14",
            name="Maximiliana Konstancja Brzęczyszczykiewicz",
            email="maximiliana.brzeczyszczykiewicz@norrsken.example",
            role="Answers customers",
            disabled=True,
        ),
    )
)
AGENT = t.AgentForm(
    id="13",
    form=Form(values={"name": "Ewa Nowak", "email": "ewa@norrsken.example", "role": "agent", "team": "2", "locale": "pl"}),
    roles=ROLES,
    teams=TEAMS,
    link="https://desk.norrsken.example/password/3f9a0cc1d7e2b84455aa0918",
    link_until=NOW + DAY,
)
ME = p.Me(
    profile=Form(values={"name": "Johan Falk"}),
    saved="profile",
    sessions=(
        p.Session(id="1", device="Firefox on Linux", address="192.0.2.44", started_at=NOW - 6 * HOUR, seen_at=NOW, current=True),
        p.Session(
            id="2", device="Safari on iPhone", address="2001:db8:85a3::8a2e:370:7334", started_at=NOW - 9 * DAY, seen_at=NOW - 14 * HOUR
        ),
    ),
)
ENVELOPE = t.EnvelopePage(line=ENVELOPES[0], raw=RAW, shown=2000, tries=2, last_try=NOW - HOUR)
INBOX = t.InboxPage(
    line=LINES[1],
    settings=(
        t.Setting(label="Mail in", value="IMAP, imap.norrsken.example:993, TLS"),
        t.Setting(label="Mail out", value="smtp.norrsken.example:465, TLS"),
        t.Setting(label="Name customers see", value="Norrsken Air bagage"),
    ),
    teams=("Bagage",),
    checks=CHECKS,
    opens_at=NOW + 4 * MINUTE,
)
UNCONNECTED = msgspec.structs.replace(
    INBOX,
    opens_at=None,
    checks=None,
    connect=t.Connect(
        label="Google",
        state="lost",
        ready=True,
        account="bagage@norrsken.example",
        since=NOW - 4 * MINUTE,
        reason="This mailbox needs to be connected again: Google no longer accepts the permission that was given.",
        says="You signed in at Google as maja@norrsken.example, but this inbox is bagage@norrsken.example. Nothing was kept.",
    ),
)
AUTHS = (
    t.Choice(id="password", label="Password", detail="Of the mailbox, often an app password made at the provider."),
    t.Choice(id="google", label="Connect with Google", detail="Sluss keeps no password. After saving, you give permission at Google."),
    t.Choice(id="microsoft", label="Connect with Microsoft", detail="First enter an application at Microsoft."),
)
MAIL_SIGN_IN = c.MailSignIn(
    lines=(
        c.ProviderLine(name="google", label="Google", entered=True, client_id="4711-sluss.apps.googleusercontent.com", inboxes=2),
        c.ProviderLine(name="microsoft", label="Microsoft", inboxes=1),
    )
)
APPLICATION = c.ApplicationForm(
    line=c.ProviderLine(name="microsoft", label="Microsoft", entered=True, client_id="4711", inboxes=1),
    form=Form(values={"client_id": "4711", "tenant": "common"}, errors={"client_id": "Paste the application (client) ID."}),
    redirect_uri="https://desk.norrsken.example/settings/mail-sign-in/back",
    scopes=("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"),
    console="https://entra.microsoft.com/",
)
CONNECTING = c.Connecting(label="Google", inbox="Bagage", address="bagage@norrsken.example", url="https://accounts.google.com/")
SIGN_IN_WRONG = p.SignIn(
    form=Form(
        values={"email": "johan@norrsken.example"},
        errors={"": "The e-mail or the password is not right. Check both; capital letters matter in the password."},
    )
)
