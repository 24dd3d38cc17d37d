"""Every setting, read once at the start.

In: the environment (`SLUSS_PORT`), then `sluss.toml`, then the default below. Out: one frozen value.

The description of each field is its documentation; `docs/operating.md` repeats it and a test compares the two.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

PREFIX = "SLUSS_"
TESTS = ("SLUSS_TEST_", "SLUSS_FAULT")
"""Variables that are the tests' and no settings."""


def _says(text: str, **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(description=text, **limits)


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one process."""

    data: Annotated[str, _says("Folder of everything Sluss keeps: database, files, sealing key.")] = "data"
    database_url: Annotated[str, _says("`postgresql+psycopg://user:password@host/name`; empty means SQLite in the data folder.")] = ""
    host: Annotated[str, _says("Address that the web server listens on.")] = "127.0.0.1"
    port: Annotated[int, _says("Port of the web server; 0 takes a free one.", ge=0, le=65535)] = 8000
    base_url: Annotated[str, _says("How people reach Sluss, as `https://desk.example.com`; links in mails begin with it.")] = ""
    role: Annotated[Literal["all", "web", "worker"], _says("What this process does: serve screens, do the work behind them, or both.")] = (
        "all"
    )
    node: Annotated[str, _says("Name of this process in leases and logs; empty means host name and process number.")] = ""
    key_file: Annotated[
        str, _says("File of the sealing keys, the same for all processes of an installation; empty means `sealing.key` in the data folder.")
    ] = ""
    lease_seconds: Annotated[int, _says("How long a killed process keeps what it held.", ge=3, le=300)] = 10
    session_idle_hours: Annotated[int, _says("A session ends after so many hours without a request.", ge=1, le=720)] = 24
    session_days: Annotated[int, _says("A session ends after so many days in any case.", ge=1, le=365)] = 14
    trusted_proxies: Annotated[
        str, _says("Networks, comma-separated, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, as `127.0.0.1, 10.0.0.0/8`.")
    ] = ""
    lmtp_listen: Annotated[str, _says("`host:port` where a mail server hands mail in by LMTP; empty means not.")] = ""
    smtp_listen: Annotated[str, _says("`host:port` where mail comes in by SMTP; empty means not.")] = ""
    mail_host: Annotated[
        str, _says("SMTP server that sends letters to agents (invitations, new passwords); empty takes a mail inbox of the workspace.")
    ] = ""
    mail_port: Annotated[int, _says("Port of that server.", ge=1, le=65535)] = 587
    mail_security: Annotated[
        Literal["starttls", "tls", "plain"], _says("How that connection is secured; `plain` only to a server on this machine.")
    ] = "starttls"
    mail_user: Annotated[str, _says("User name at that server; empty signs in with none.")] = ""
    mail_password: Annotated[str, _says("Password at that server.")] = ""
    mail_from: Annotated[str, _says("Address that these letters come from, as `sluss@example.com`.")] = ""
    breached_passwords: Annotated[
        str, _says("File of SHA-1 hashes of passwords that were stolen elsewhere, sorted, one a line; new passwords in it are refused.")
    ] = ""
    private_servers: Annotated[
        bool, _says("Whether inboxes may use mail servers with private addresses; switch it off where strangers administer workspaces.")
    ] = True
    max_message_bytes: Annotated[int, _says("Largest incoming message, with its attachments.", ge=100_000)] = 50_000_000
    max_upload_bytes: Annotated[int, _says("Largest file that an agent attaches.", ge=100_000)] = 25_000_000
    max_form_bytes: Annotated[int, _says("Largest form without files.", ge=10_000)] = 1_000_000
    api_origins: Annotated[
        str,
        _says("Web sites, comma-separated, whose pages may call the API with a token, as `https://shop.example.com`; empty means none."),
    ] = ""
    max_streams: Annotated[int, _says("Open live streams of this process; beyond it a browser falls back to asking.", ge=1)] = 10_000
    metrics_token: Annotated[str, _says("Bearer token for `/metrics`; without one only this machine may read it.")] = ""
    log_format: Annotated[Literal["text", "json"], _says("How log lines look on the standard error output.")] = "text"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _says("The least important lines that are written.")] = "info"
    google_client_id: Annotated[
        str, _says("Client ID of the application at Google that mailboxes are connected through; empty: each workspace has its own.")
    ] = ""
    google_client_secret: Annotated[str, _says("Its secret.")] = ""
    microsoft_client_id: Annotated[str, _says("The same for Microsoft: the application (client) ID.")] = ""
    microsoft_client_secret: Annotated[str, _says("Its secret, the value and not its ID.")] = ""
    microsoft_tenant: Annotated[str, _says("The directory it belongs to; `common` for an application of many directories.")] = "common"
    oauth_stand_in: Annotated[
        str, _says("Address that stands in for Google and Microsoft in a trial, with mail servers on this machine; empty: the real ones.")
    ] = ""
    fresh: Annotated[bool, _says("Read templates and static files anew at each request, for those who edit them.")] = False

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def sealing_key(self) -> Path:
        """Where the sealing keys are."""
        return Path(self.key_file) if self.key_file else self.folder / "sealing.key"

    @property
    def database(self) -> str:
        """Where the database is, as `open_database` takes it."""
        return self.database_url or f"sqlite:///{self.folder.resolve() / 'sluss.sqlite3'}"

    @property
    def https(self) -> bool:
        """Whether people reach Sluss over HTTPS."""
        return self.base_url.startswith("https://")


class BadSetting(Exception):
    """A setting that cannot be used; the sentence names it and says what it may be."""


def load(given: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """The settings: those given (by the command line), else the environment, else the file, else the default."""
    env = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX) and not name.startswith(TESTS)}
    file = env.pop("config", "")
    chosen = {**env, **{name: value for name, value in (given or {}).items() if value is not None}}
    merged = {**_read_file(Path(file or Path(str(chosen.get("data", "data"))) / "sluss.toml"), wanted=bool(file)), **chosen}
    _refuse_unknown(merged)
    try:
        return msgspec.convert(merged, Config, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"The settings cannot be used: {error}.") from error


def describe() -> list[tuple[str, str, str]]:
    """Every setting as `(environment variable, default, what it means)`, in the order above."""
    hints = get_type_hints(Config, include_extras=True)
    fields = msgspec.structs.fields(Config)
    return [(f"{PREFIX}{field.name.upper()}", _shown(field.default), get_args(hints[field.name])[1].description) for field in fields]


def _read_file(path: Path, *, wanted: bool) -> dict[str, Any]:
    if not wanted and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"The settings file {path} cannot be read: {error}.") from error


def _refuse_unknown(merged: Mapping[str, Any]) -> None:
    unknown = sorted(set(merged) - {field.name for field in msgspec.structs.fields(Config)})
    if unknown:
        names = ", ".join(f"{PREFIX}{name.upper()}" for name in unknown)
        raise BadSetting(f"There is no setting {names}. `sluss config` lists them all.")


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
