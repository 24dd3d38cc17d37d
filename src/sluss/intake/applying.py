"""What a set of read envelopes makes true, workspace by workspace. In: readings. Out: messages, moved deliveries, news, and how each ended.

What comes together is put in order here: messages first, then what is told about messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sluss.cases.news import News, apply_news, threads_named
from sluss.cases.recording import Arrival, Recorded, StoredFile, record_arrivals
from sluss.cases.renaming import known_before
from sluss.channels.contract import Inbound, Receipt
from sluss.channels.happenings import AccountNews, Renamed, Wanted
from sluss.channels.progress import record_progress
from sluss.channels.reconnecting import ask_reconnect
from sluss.channels.registry import capabilities_of, channel_names
from sluss.channels.who import Address
from sluss.intake.readings import HISTORY, Reading
from sluss.intake.wants import Want, note_wants
from sluss.kernel.actors import Actor, system
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.receipts import apply_receipt, note_echo

FOREIGN = "foreign"
"""Why nobody counts an answer of another program that the network does not quote: it may as well have been advertising."""
_Came = tuple[Reading, Receipt, str]


def apply_readings(tx: Tx, workspace_id: int, readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Apply all that the envelopes of a workspace say. Returns what is to be written into their rows."""
    who = system(workspace_id)
    _rename(tx, who, readings)
    came = [(one, receipt, apply_receipt(tx, who, receipt, one.envelope.inbox_id)) for one in readings for receipt in _receipts(one)]
    told = [(one, inbound, files) for one in readings for inbound, files in one.messages()]
    told += [(one, _foreign(one, receipt), ()) for one, receipt, what in came if receipt.foreign and what == "unknown message"]
    arrivals = [_arrival(*one) for one in told]
    recorded = record_arrivals(tx, who, arrivals)
    _note_echoes(tx, who, arrivals, recorded)
    _apply_news(tx, who, readings, arrivals)
    _note_wants(tx, who, readings, (arrivals, recorded))
    by_envelope = {done.envelope_id: done for done in recorded}
    return [_outcome(one, by_envelope.get(one.envelope.id), [(r, what) for of, r, what in came if of is one]) for one in readings]


def _receipts(reading: Reading) -> list[Receipt]:
    return [one for one in reading.found if isinstance(one, Receipt)]


def _foreign(reading: Reading, receipt: Receipt) -> Inbound:
    """Something that another program sent, of which the network only says how it fares."""
    return Inbound(
        external_id=receipt.external_id,
        dedupe_key=f"foreign:{reading.envelope.channel}:{receipt.external_id}",
        sender=Address(""),
        subject="",
        text=receipt.foreign,
        fresh=receipt.foreign,
        direction="out",
        origin="other tool",
        automatic=FOREIGN,
        thread_key=receipt.thread_key,
    )


def _arrival(reading: Reading, inbound: Inbound, files: tuple[StoredFile, ...]) -> Arrival:
    one = reading.envelope
    visibility = "public" if (inbound.visibility or reading.visibility) == "public" else "private"
    networked = bool(inbound.thread_key) and one.channel in channel_names()
    return Arrival(
        envelope_id=one.id,
        inbox_id=one.inbox_id,
        network=one.channel,
        visibility=visibility,
        reopen_days=one.reopen_days,
        received_at=one.received_at,
        inbound=inbound,
        files=files,
        history=one.origin == HISTORY,
        windowed=networked and capabilities_of(one.channel, visibility).window_hours is not None,
    )


def _note_echoes(tx: Tx, who: Actor, arrivals: Sequence[Arrival], recorded: Sequence[Recorded]) -> None:
    """What the network shows us of ours has left, whatever our own attempt believes."""
    for arrival, done in zip(arrivals, recorded, strict=True):
        if done.echoed:
            note_echo(tx, who, done.message_id, arrival.inbound)


def _apply_news(tx: Tx, who: Actor, readings: Sequence[Reading], arrivals: Sequence[Arrival]) -> None:
    news: list[News] = []
    for one in readings:
        for value in one.found:
            if isinstance(value, AccountNews):
                _note_account(tx, who, one.envelope.inbox_id, value)
            elif not isinstance(value, Inbound | Receipt | Renamed | Wanted):
                news.append(News(inbox_id=one.envelope.inbox_id, network=one.envelope.channel, value=value))
    networked = [one for one in arrivals if one.is_networked]
    came = {(one.inbox_id, key) for one in networked for key in (one.inbound.external_id, one.inbound.post.key if one.inbound.post else "")}
    came |= threads_named((one.inbox_id, one.inbound.thread_key) for one in networked)
    if news or came:
        apply_news(tx, who, news, {one for one in came if one[1]})


def _rename(tx: Tx, who: Actor, readings: Sequence[Reading]) -> None:
    """First of all: whatever else the set says of somebody is said of who they are from now on."""
    told = dict.fromkeys(
        (one.envelope.inbox_id, one.envelope.channel, value) for one in readings for value in one.found if isinstance(value, Renamed)
    )
    known = known_before(tx, who, list(told)) if told else []
    if known:
        apply_news(tx, who, [News(inbox_id=inbox_id, network=network, value=value) for inbox_id, network, value in known])


def _note_account(tx: Tx, who: Actor, inbox_id: int, news: AccountNews) -> None:
    if news.state == "reconnect":
        ask_reconnect(tx, who, inbox_id, news.reason)
    record_progress(tx, who, inbox_id, "failing" if news.state == "reconnect" else "ok", news.reason)


def _note_wants(tx: Tx, who: Actor, readings: Sequence[Reading], done: tuple[Sequence[Arrival], Sequence[Recorded]]) -> None:
    """What is to be asked for: of messages that are new here, and of what was only hinted at."""
    wants = [
        Want(inbox_id=arrival.inbox_id, wanted=wanted, message_id=recorded.message_id)
        for arrival, recorded in zip(*done, strict=True)
        for wanted in arrival.inbound.wanted
        if recorded.outcome == "message"
    ]
    hints = [Want(inbox_id=one.envelope.inbox_id, wanted=value) for one in readings for value in one.found if isinstance(value, Wanted)]
    note_wants(tx, who, [*wants, *hints])


def _outcome(reading: Reading, done: Recorded | None, came: Sequence[tuple[Receipt, str]]) -> dict[str, Any]:
    if reading.trouble:
        return outcome_row(reading, "quarantined", "", reading.trouble)
    if done is not None:
        return outcome_row(reading, "done", done.outcome, message_id=done.message_id or None)
    doubt = next((_DOUBTS[what] for receipt, what in came if what in _DOUBTS and receipt.state in {"failed", "complained"}), "")
    if doubt and len(came) == len(reading.found) and not any(what in {"applied", "unchanged"} for _, what in came):
        return outcome_row(reading, "quarantined", "", doubt)
    return outcome_row(reading, "done", "news" if len(came) < len(reading.found) else "receipt" if came else "nothing")


def outcome_row(reading: Reading, state: str, outcome: str, reason: str = "", message_id: int | None = None) -> dict[str, Any]:
    """Values for the envelope's row, by the names of the parameters that stand for them."""
    one = reading.envelope
    return {
        "w": one.workspace_id,
        "i": one.id,
        "new_state": state,
        "new_outcome": outcome,
        "new_reason": reason,
        "new_message_id": message_id,
    }


_DOUBTS = {
    "unknown message": say("This reports that a mail did not arrive, but names none that Sluss has sent. It changed nothing."),
    "unknown recipient": say("This reports that a mail did not arrive at somebody to whom it was not sent. It changed nothing."),
    "unproven": say("This reports that a mail did not arrive, but did not come to the address given for that. It changed nothing."),
}
"""Why a report is set aside: whoever forges one, or answers mail of another program, must be seen and must not look like a customer."""
