"""What events mean: messages, statuses, changes of who somebody is, answers from the telephone, news of the account."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Address, Connection, Delivered, Inbound, Posted, Receipt, TemplateUse, Unparsable, Unverified
from sluss.channels.happenings import AccountNews, Changed, Opened, Reacted, Renamed
from sluss.channels.registry import check_settings
from sluss.channels.whatsapp.channel import WhatsappChannel
from sluss.channels.whatsapp.people import reach
from sluss.channels.whatsapp.templates import filled, read_template
from sluss.channels.whatsapp.understanding import understand_event
from sluss.sandbox.graph.server import GraphDouble
from sluss.sandbox.graph.whatsapp import TEMPLATE
from tests.channels.whatsapp.booth import NOW, OURS, PAYLOADS, inbox, message, payload, read, told

SCOPED = "se.13491208655302741918"
MERGED = [("person", "46701234567", SCOPED), ("thread", "dm:46701234567", f"dm:{SCOPED}")]


def test_every_example_says_what_it_should() -> None:
    """Each payload gives these values and no others, in this order."""
    found = {name: [_short(one) for one in read(payload(f"whatsapp_{name}"))] for name in _webhooks()}
    who = f"dm:{SCOPED}"
    assert found == {
        "app_echo": [("out", who, "Svar från telefonen", "")],
        "button": [*MERGED, ("in", who, "Ja", "button")],
        "edit": [("edited", "wamid.IN1", "rättat")],
        "image": [*MERGED, ("in", who, "Trasig", "")],
        "location": [*MERGED, ("in", who, "Slussen", "location")],
        "mixed": [("delivered", "wamid.OUT1", who), *MERGED, ("in", who, "tack", "")],
        "reaction": [("👍", "wamid.OUT1", True)],
        "referral": [*MERGED, ("in", who, "Mer info?", "referral")],
        "reply": [*MERGED, ("in", who, "den", "")],
        "revoke": [("removed", "wamid.IN1", "")],
        "status_delivered": [("delivered", "wamid.OUT1", who)],
        "status_failed": [("failed", "wamid.OUT1", "")],
        "status_read": [("read", "wamid.OUT1", who)],
        "status_sent": [("sent", "wamid.OUT1", who)],
        "system": [("person", "46701234567", "46709999999"), ("thread", "dm:46701234567", "dm:46709999999")],
        "template_button": [*MERGED, ("in", who, "Bekräfta", "button")],
        "template_status": [("warn",)],
        "text": [*MERGED, ("in", who, "Hej, jag vill byta tid", "")],
        "text_legacy": [("in", "dm:46701234567", "Hej", "")],
        "text_username": [("in", who, "Hej", "")],
        "unsupported": [*MERGED, ("in", who, ("This is something that WhatsApp does not show to programs (type not supported). "
                                  "Ask the customer to send it another way."), "unsupported")],
        "voice": [*MERGED, ("in", who, "", "voice")],
    }  # fmt: skip


def test_who_somebody_is_lasts_beyond_their_number() -> None:
    """The id for our business counts, the number is an attribute; who has no number can be written to, in the form that was given."""
    (username,) = read(payload("whatsapp_text_username"))
    *_, both = read(payload("whatsapp_text"))
    assert isinstance(username, Inbound)
    assert isinstance(both, Inbound)
    assert (username.sender, both.sender) == (_anna("Anna"), _anna("Anna Berg"))
    assert (username.profile and username.profile.handle, both.profile and both.profile.handle) == ("@annab", "+46701234567")
    assert (username.facts, both.facts["wa_id"]) == ({"user_id": SCOPED.upper()}, "46701234567")
    assert reach(SCOPED, username.facts) == {"recipient": SCOPED.upper()}
    assert reach(SCOPED, {}) == {"recipient": SCOPED.upper()}
    assert reach(SCOPED, both.facts) == {"to": "46701234567"}
    assert [reach("46701234567", {}), reach("anna@kund.example", {}), reach("", {})] == [{"to": "46701234567"}, {}, {}]
    (person, thread) = read(told("user_id_update", user_id_update=[{"user_id": {"previous": "SE.11111", "current": "SE.22222"}}]))
    assert (person, thread) == (
        Renamed(what="person", before="se.11111", after="se.22222"),
        Renamed(what="thread", before="dm:se.11111", after="dm:se.22222"),
    )


def test_statuses_know_ours_from_others() -> None:
    """F34: with our key a status finds its message in any order; without one, something was sent that nobody quotes."""
    status = {"id": "wamid.X", "status": "played", "timestamp": "1", "recipient_id": "46701234567"}
    (ours,) = read(told(statuses=[status | {"biz_opaque_callback_data": OURS}]))
    (foreign,) = read(told(statuses=[status]))
    (failed,) = read(payload("whatsapp_status_failed"))
    assert isinstance(ours, Receipt)
    assert isinstance(foreign, Receipt)
    assert isinstance(failed, Receipt)
    assert (ours.echo_of, ours.thread_key, ours.foreign, ours.state) == (OURS, "", "", "read")
    assert foreign.foreign.startswith("Another program")
    assert foreign.thread_key == "dm:46701234567"
    assert (failed.code, failed.foreign) == ("131047", "")
    assert failed.reason.startswith("WhatsApp's 24 hours")
    assert failed.reason.endswith("window of 24 h since the last customer message has passed")
    assert read(told(statuses=[status | {"status": "pondered"}, {"status": "sent"}])) == []


def test_what_is_said_without_words_can_be_read() -> None:
    """Cards, orders, forms, lists; what is new says that it is there; what was passed on or came by an advertisement is known."""
    table: list[tuple[dict[str, Any], str, str]] = [
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+46"}]}]}, "contact", "Bo, +46"),
        ({"type": "order", "order": {"product_items": [{"product_retailer_id": "väska", "quantity": 2}]}}, "order", "2 × väska"),
        ({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "a", "title": "A", "description": "B"}}},
         "button", "A\nB"),
        ({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Skickat", "response_json": "{}"}}},
         "form", "Skickat"),
        ({"type": "document", "document": {"id": "9", "filename": "../biljett\u202e.pdf", "mime_type": "application/pdf"}}, "", ""),
        ({"type": "hologram", "hologram": {}}, "unsupported", "This is something"),
        ({"type": "text", "text": {"body": "Hej", "extra": [1]}, "context": {"forwarded": True}}, "", "Hej"),
    ]  # fmt: skip
    for content, kind, text in table:
        *_, found = read(message(**content))
        assert isinstance(found, Inbound)
        assert (found.kind, found.text[: len(text) or 1]) == (kind, text), content
    *_, document = read(message(**table[4][0]))
    *_, forwarded = read(message(**table[6][0]))
    *_, advert = read(payload("whatsapp_referral"))
    assert isinstance(document, Inbound)
    assert isinstance(forwarded, Inbound)
    assert isinstance(advert, Inbound)
    assert [(one.name, one.media_type, one.ref["media"]) for one in document.wanted] == [("../biljett.pdf", "application/pdf", "9")]
    assert (forwarded.facts["forwarded"], advert.facts["ad"]["headline"]) == (True, "Höst")
    (welcome,) = read(message(type="request_welcome"))
    assert isinstance(welcome, Opened)
    (gone,) = read(message(type="reaction", reaction={"message_id": "wamid.OUT1", "emoji": ""}))
    assert isinstance(gone, Reacted)
    assert not gone.on


def test_what_was_typed_on_the_telephone_is_ours() -> None:
    """Also its changes; what was said before the account was connected wakes nobody."""
    (echo,) = read(payload("whatsapp_app_echo"))
    assert isinstance(echo, Inbound)
    assert (echo.origin, echo.opens, echo.to[0].address) == ("native", False, SCOPED)
    edit = {"original_message_id": "wamid.ECHO1", "message": {"type": "text", "text": {"body": "Hej"}}}
    echoed = {"to": "46701234567", "id": "wamid.E2", "timestamp": "1795262400", "type": "edit", "edit": edit}
    (changed,) = read(told("smb_message_echoes", message_echoes=[echoed]))
    assert isinstance(changed, Changed)
    assert (changed.by, changed.text) == ("us", "Hej")
    assert [read(told(field, history=[{"threads": []}])) for field in ("history", "smb_app_state_sync", "calls", "flows")] == [[]] * 4


def test_news_of_the_account_say_what_to_do() -> None:
    """F31: a ban or a removed app asks for a person; quality and limits warn; good news is nothing."""
    table: list[tuple[str, dict[str, Any], list[str]]] = [
        ("account_update", {"event": "PARTNER_REMOVED"}, ["reconnect"]),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, ["reconnect"]),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, ["ok"]),
        ("account_update", {"event": "ACCOUNT_RESTRICTION"}, ["warn"]),
        ("account_update", {"event": "VERIFIED_ACCOUNT"}, []),
        ("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_1K"}, ["warn"]),
        ("phone_number_quality_update", {"event": "UPGRADE"}, []),
        ("message_template_status_update", {"event": "APPROVED"}, []),
        ("message_template_quality_update", {"new_quality_score": "RED", "message_template_name": "x"}, ["warn"]),
        ("account_alerts", {"alert_info": {"alert_description": "See to it"}}, ["warn"]),
        ("account_alerts", {}, []),
        ("business_capability_update", {"max_phone_numbers_per_business": 2}, []),
    ]
    for field, value, states in table:
        body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": field, "value": value}]}]}
        assert [one.state for one in read(body) if isinstance(one, AccountNews)] == states, (field, value)


def test_a_body_is_taken_apart_and_each_inbox_takes_its_own() -> None:
    """T87, T88: one delivery for each message and status; another number of the account gets nothing of it; a repeat has its key."""
    channel, double = WhatsappChannel(), GraphDouble()
    usual = message()["entry"][0]["changes"][0]["value"]["messages"][0]
    whole = told(messages=[usual | {"id": f"wamid.{number}", "type": "text", "text": {"body": "Hej"}} for number in range(3)])
    whole["entry"][0]["changes"][0]["value"]["statuses"] = [{"id": "wamid.OUT1", "status": "sent"}]
    delivered = _accepted(channel, double, whole, inbox())
    assert len(delivered) == len({one.external_key for one in delivered}) == 4
    assert [len(understand_event(one, inbox())) for one in delivered] == [3, 3, 3, 1]
    assert [one.external_key for one in _accepted(channel, double, whole, inbox())] == [one.external_key for one in delivered]
    other = inbox(phone_number_id="111111111111111")
    assert _accepted(channel, double, whole, other) == []
    assert understand_event(delivered[0], other) == []
    news = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "131470230291794", "changes": [{"field": "account_alerts", "value": {}}]}],
    }
    assert (len(_accepted(channel, double, news, inbox())), len(_accepted(channel, double, news, inbox(waba_id="22222")))) == (1, 0)
    body = double.body("whatsapp_business_account", whole["entry"])
    assert channel.accounts(Posted(headers={}, body=body, received_at=NOW)) == {"whatsapp-590968830767958"}
    with pytest.raises(Unverified):
        channel.accept(Posted(headers=double.signed(body), body=body + b" ", received_at=NOW), inbox())
    for raw in (b"", b"[]", b'{"object":"page","entry":[]}', b"[" * 100_000, b"\xff"):
        with pytest.raises(Unparsable):
            understand_event(Delivered(external_key="u", raw=raw, received_at=NOW), inbox())
    with pytest.raises(Unparsable, match="no key"):
        read(message(id=None, type="text", text={"body": "Hej"}))
    assert read(told(messages=["x", {}, {"type": 5}, {"from": ["46"]}], contacts=[])) == []


def test_the_handshake_answers_only_who_knows_the_word() -> None:
    """T89: the challenge comes back as it is, and nothing else does."""
    query = msgspec.json.decode((PAYLOADS / "meta_verify.json").read_bytes())["request"]["query"]
    assert WhatsappChannel().greet(query, inbox()) == "1158201444"
    for wrong in ({"hub.verify_token": "else"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": "<script>"}):
        with pytest.raises(Unverified):
            WhatsappChannel().greet(query | wrong, inbox())


def test_templates_are_read_with_their_places_and_filled() -> None:
    """Header, body and buttons each have places of their own; what cannot be filled in is not offered."""
    found = read_template(TEMPLATE)
    assert (found.header, found.body) == ("Din väska, {{header_1}}", "Vi har hittat din väska {{1}}. Den kommer {{2}}.")
    assert found.footer == "Norrsken Air\n[Tack]\n[Följ] https://n.example/{{button_1}}"
    assert [(one["name"], one["example"]) for one in found.variables] == [
        ("header_1", "Anna"), ("1", "SK-123"), ("2", "i morgon"), ("button_1", ""),
    ]  # fmt: skip
    use = TemplateUse(name="baggage_found", language="sv", values={"2": "nu", "1": "SK-9", "header_1": "Anna", "button_1": "x"})
    assert [(one["type"], [each["text"] for each in one["parameters"]]) for one in filled(use)["components"]] == [
        ("header", ["Anna"]), ("body", ["SK-9", "nu"]), ("button", ["x"]),
    ]  # fmt: skip
    named = TemplateUse(name="n", language="sv", values={"namn": "Anna"})
    assert filled(named)["components"][0]["parameters"] == [{"type": "text", "parameter_name": "namn", "text": "Anna"}]
    assert "components" not in filled(TemplateUse(name="n", language="sv"))
    picture = TEMPLATE | {"components": [{"type": "HEADER", "format": "IMAGE"}]}
    assert [read_template(one).status for one in (picture, TEMPLATE | {"category": "AUTHENTICATION"}, TEMPLATE | {"status": "PAUSED"})] == [
        "IMAGE HEADER", "AUTHENTICATION", "PAUSED",
    ]  # fmt: skip


def test_settings_say_what_is_wrong() -> None:
    """Each wrong field has its sentence; an inbox stays with its number."""
    values = {"phone_number_id": "590968830767958", "waba_id": "131470230291794"}
    secrets = {"token": "t", "app_secret": "s", "verify_token": "v"}
    table: list[tuple[str, dict[str, Any], dict[str, str], list[str]]] = [
        ("whatsapp-590968830767958", values, secrets, []),
        ("whatsapp-590968830767958", values | {"read_marks": "false"}, secrets, []),
        ("whatsapp-5", values, secrets, ["phone_number_id"]),
        ("", values | {"phone_number_id": "+46 8 123"}, secrets, ["phone_number_id"]),
        ("", values | {"waba_id": "x", "version": "26"}, secrets, ["version", "waba_id"]),
        ("", {}, {}, ["app_secret", "phone_number_id", "token", "waba_id"]),
    ]
    for address, given, sealed, wrong in table:
        settings, faults = check_settings("whatsapp", address, given, sealed)
        assert (sorted(faults), bool(settings)) == (wrong, not wrong), given


def _accepted(channel: WhatsappChannel, double: GraphDouble, body: dict[str, Any], connection: Connection) -> list[Delivered]:
    raw = double.body(body["object"], body["entry"])
    return channel.accept(Posted(headers=double.signed(raw), body=raw, received_at=NOW), connection)


def _anna(name: str) -> Address:
    return Address(SCOPED, name)


def _webhooks() -> list[str]:
    files = sorted(PAYLOADS.glob("whatsapp_*.json"))
    return [one.stem.removeprefix("whatsapp_") for one in files if msgspec.json.decode(one.read_bytes())["kind"] == "webhook"]


def _short(one: Any) -> tuple[Any, ...]:
    if isinstance(one, Inbound):
        return one.direction, one.thread_key, one.text.partition("\nhttps://")[0], one.kind
    if isinstance(one, Receipt):
        return one.state, one.external_id, one.thread_key
    if isinstance(one, Changed):
        return one.what, one.external_id, one.text
    if isinstance(one, Renamed):
        return one.what, one.before, one.after
    if isinstance(one, Reacted):
        return one.emoji, one.external_id, one.on
    return (one.state,)
