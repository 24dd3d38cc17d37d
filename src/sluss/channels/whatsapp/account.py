"""News of the account itself: quality, limits, templates, bans. In: a change of the webhook. Out: a sentence for the inbox's page."""

from __future__ import annotations

from typing import Any

from sluss.channels.contract import Understood
from sluss.channels.happenings import AccountNews
from sluss.channels.said import a_text, an_object
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

ACCOUNT = frozenset(
    {
        "account_alerts",
        "account_update",
        "business_capability_update",
        "message_template_quality_update",
        "message_template_status_update",
        "phone_number_quality_update",
    }
)
_DEAD = frozenset({"ACCOUNT_DELETED", "PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED"})
_BAD_TEMPLATE = frozenset({"REJECTED", "PAUSED", "DISABLED", "FLAGGED", "PENDING_DELETION"})


def understand_account(field: str, value: dict[str, Any]) -> list[Understood]:
    """What an administrator should know; good news and what nobody can act upon is nothing."""
    event = clean_line(a_text(value.get("event")))[:80]
    if field == "account_update":
        return _account(event, value)
    sentence = _sentence(field, event, value)
    return [_warn(sentence)] if sentence else []


def _sentence(field: str, event: str, value: dict[str, Any]) -> str:
    name = clean_line(a_text(value.get("message_template_name")))[:200]
    if field == "message_template_status_update" and event in _BAD_TEMPLATE:
        reason = clean_line(a_text(value.get("reason")))[:200] or "–"
        return say("WhatsApp says %(event)s of the template “%(name)s” (%(reason)s).", event=event, name=name, reason=reason)
    if field == "message_template_quality_update" and value.get("new_quality_score") == "RED":
        return say("Customers mark the template “%(name)s” as unwanted; WhatsApp may pause it.", name=name)
    if field == "phone_number_quality_update" and event in {"FLAGGED", "DOWNGRADE"}:
        limit = clean_line(a_text(value.get("current_limit")))[:80] or "–"
        return say("Customers mark messages of this number as unwanted. WhatsApp's limit is %(limit)s now.", limit=limit)
    alert = an_object(value.get("alert_info"))
    words = clean_line(a_text(alert.get("alert_description")) or a_text(value.get("alert_type")))[:300]
    return say("WhatsApp says: %(words)s", words=words) if words and field == "account_alerts" else ""


def _account(event: str, value: dict[str, Any]) -> list[Understood]:
    if event in _DEAD:
        return [AccountNews(state="reconnect", reason=say("This app was removed from the WhatsApp account. Connect it again."))]
    banned = a_text(an_object(value.get("ban_info")).get("waba_ban_state"))
    if event == "DISABLED_UPDATE" and banned != "REINSTATE":
        return [AccountNews(state="reconnect", reason=say("Meta has banned this WhatsApp account. See what it says in WhatsApp Manager."))]
    if event in {"ACCOUNT_VIOLATION", "ACCOUNT_RESTRICTION"}:
        return [_warn(say("Meta restricts this WhatsApp account for its rules. See what it says in WhatsApp Manager."))]
    return [AccountNews(state="ok", reason="")] if event == "DISABLED_UPDATE" else []


def _warn(sentence: str) -> AccountNews:
    return AccountNews(state="warn", reason=sentence)
