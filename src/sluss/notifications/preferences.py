"""How an agent wants to be told. In: the form of `/me/alerts`, the menu. Out: settings; whoever has chosen nothing has the usual ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal
from zoneinfo import available_timezones

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Forbidden, Invalid
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.notifications.events import BellChanged
from sluss.notifications.kinds import KINDS, USUAL, Kind, Ways
from sluss.notifications.models import alert_choices, alert_settings, digest_rules, disturbances, quiet_hours
from sluss.notifications.quiet import Quiet

Sound = Literal["drop", "chime", "knock", "off"]
Digest = Literal["never", "hourly", "daily"]
SOUNDS: tuple[Sound, ...] = ("drop", "chime", "knock", "off")
DIGESTS: tuple[Digest, ...] = ("hourly", "daily", "never")
REPEATS = (0, 30, 60, 120, 300)
LONGEST_QUIET = 31 * DAY


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's choices beside the table of kinds. `zone` empty is the workspace's, `repeat_seconds` 0 is once."""

    sound: Sound = "drop"
    volume: int = 60
    only_hidden: bool = False
    repeat_seconds: int = 0
    zone: str = ""
    digest_pace: Digest = "hourly"
    digest_hour: int = 8
    mentions_at_once: bool = True
    follow_mentions: bool = True
    follow_notes: bool = True


class Preferences(msgspec.Struct, frozen=True):
    """Everything about how one agent is told."""

    alerts: Alerts
    ways: Mapping[Kind, Ways]
    quiet: Quiet


def preferences_of(tx: Tx, who: Actor, agent_ids: Collection[int]) -> dict[int, Preferences]:
    """How agents of the actor's workspace are told: five statements, however many there are."""
    home = get_workspace(tx, who.workspace_id).time_zone
    chosen = _chosen(tx, who, agent_ids)
    ways = _ways(tx, who, agent_ids)
    windows = _windows(tx, who, agent_ids)
    until = _until(tx, who, agent_ids)
    found: dict[int, Preferences] = {}
    for one in agent_ids:
        alerts = chosen.get(one, Alerts())
        found[one] = Preferences(
            alerts, {**USUAL, **ways.get(one, {})}, Quiet(alerts.zone or home, windows.get(one, {}), until.get(one, 0))
        )
    return found


def save_alerts(tx: Tx, who: Actor, alerts: Alerts, ways: Mapping[Kind, Ways], windows: Mapping[int, tuple[int, int]]) -> None:
    """Make the actor's own choices what they shall be."""
    _require_agent(who)
    _check(alerts)
    key = {"workspace_id": who.workspace_id, "agent_id": who.id}
    for table in (alert_settings, alert_choices, quiet_hours):
        tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c.agent_id == who.id))
    tx.run(sa.insert(alert_settings), key | msgspec.structs.asdict(alerts))
    told = [(kind, ways.get(kind, Ways())) for kind in KINDS]
    tx.run(sa.insert(alert_choices), [key | {"kind": kind} | msgspec.structs.asdict(_complete(one)) for kind, one in told])
    days = [{"weekday": day, "start_minute": start, "end_minute": stop} for day, (start, stop) in sorted(windows.items())]
    if days:
        tx.run(sa.insert(quiet_hours), [key | one for one in days])
    tx.emit(who, BellChanged(agent_ids=(who.id,)))


def hush(tx: Tx, who: Actor, until: int) -> None:
    """Do not disturb until then; an instant that is over ends it."""
    _require_agent(who)
    if until > tx.now + LONGEST_QUIET:
        raise Invalid({"until": "Choose a time within a month."})
    tx.run(sa.delete(disturbances).where(disturbances.c.workspace_id == who.workspace_id, disturbances.c.agent_id == who.id))
    if until > tx.now:
        tx.run(sa.insert(disturbances), {"workspace_id": who.workspace_id, "agent_id": who.id, "until": until})
    tx.emit(who, BellChanged(agent_ids=(who.id,)))


def may_quote(tx: Tx, who: Actor) -> bool:
    """Whether letters of this workspace may hold what customers wrote."""
    return bool(tx.value(sa.select(digest_rules.c.excerpts).where(digest_rules.c.workspace_id == who.workspace_id)))


def allow_quotes(tx: Tx, who: Actor, *, excerpts: bool) -> None:
    """Choose for the whole workspace whether letters may hold what customers wrote."""
    if who.role != "admin":
        raise Forbidden("Only an administrator may do this.")
    tx.run(sa.delete(digest_rules).where(digest_rules.c.workspace_id == who.workspace_id))
    tx.run(sa.insert(digest_rules), {"workspace_id": who.workspace_id, "excerpts": excerpts})


def _complete(ways: Ways) -> Ways:
    return msgspec.structs.replace(ways, app=ways.any)


def _require_agent(who: Actor) -> None:
    if who.kind != "agent":
        raise Forbidden("Only agents are told.")


def _check(alerts: Alerts) -> None:
    if alerts.zone and alerts.zone not in available_timezones():
        raise Invalid({"zone": "Choose a time zone from the list."})
    if not 0 <= alerts.volume <= 100:
        raise Invalid({"volume": "Choose a volume from 0 to 100."})
    if not 0 <= alerts.digest_hour < 24:
        raise Invalid({"digest_hour": "Choose an hour of the day."})
    if alerts.repeat_seconds not in REPEATS:
        raise Invalid({"repeat_seconds": "Choose how often from the list."})


def _chosen(tx: Tx, who: Actor, agent_ids: Collection[int]) -> dict[int, Alerts]:
    c = alert_settings.c
    wanted = sa.select(c.agent_id, *fields(Alerts, alert_settings)).where(c.workspace_id == who.workspace_id, c.agent_id.in_(agent_ids))
    return {row["agent_id"]: Alerts(**{name: row[name] for name in Alerts.__struct_fields__}) for row in tx.run(wanted).mappings()}


def _ways(tx: Tx, who: Actor, agent_ids: Collection[int]) -> dict[int, dict[Kind, Ways]]:
    c = alert_choices.c
    found: dict[int, dict[Kind, Ways]] = {}
    for row in tx.rows(sa.select(alert_choices).where(c.workspace_id == who.workspace_id, c.agent_id.in_(agent_ids))):
        found.setdefault(row.agent_id, {})[row.kind] = Ways(row.app, row.desktop, row.sound, row.mail)
    return found


def _windows(tx: Tx, who: Actor, agent_ids: Collection[int]) -> dict[int, dict[int, tuple[int, int]]]:
    c = quiet_hours.c
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for row in tx.rows(sa.select(quiet_hours).where(c.workspace_id == who.workspace_id, c.agent_id.in_(agent_ids))):
        found.setdefault(row.agent_id, {})[row.weekday] = (row.start_minute, row.end_minute)
    return found


def _until(tx: Tx, who: Actor, agent_ids: Collection[int]) -> dict[int, int]:
    c = disturbances.c
    rows = tx.rows(sa.select(c.agent_id, c.until).where(c.workspace_id == who.workspace_id, c.agent_id.in_(agent_ids)))
    return {row.agent_id: row.until for row in rows}
