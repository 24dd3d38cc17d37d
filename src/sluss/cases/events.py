"""What happens to cases. Every event with a `case_id` also tells live lists to look at that case again."""

from __future__ import annotations

from sluss.kernel.events import Event


class CaseOpened(Event, frozen=True, kw_only=True):
    """A new matter."""

    inbox_id: int
    continues_id: int = 0


class CaseReopened(Event, frozen=True, kw_only=True):
    """A solved, pending or snoozed case is ours to answer again because the customer wrote."""

    before: str


class MessageReceived(Event, frozen=True, kw_only=True):
    """An outside person wrote."""

    message_id: int
    automatic: str = ""


class MessageSent(Event, frozen=True, kw_only=True):
    """An agent answered; its deliveries have lives of their own."""

    message_id: int


class AnsweredElsewhere(Event, frozen=True, kw_only=True):
    """One of us answered by another program than Sluss."""

    message_id: int


class AutomaticAnswerSent(Event, frozen=True, kw_only=True):
    """Sluss confirmed by itself that a message has come; the customer waits as before."""

    message_id: int


class MessageForwarded(Event, frozen=True, kw_only=True):
    """An agent passed something on to a third person; the customer waits as before."""

    message_id: int


class MessageWithdrawn(Event, frozen=True, kw_only=True):
    """An answer was taken back before it left."""

    message_id: int


class MessageChanged(Event, frozen=True, kw_only=True):
    """At the network a message was `edited`, `removed`, `hidden` or `unhidden`; or a file that was fetched came to it (`file`)."""

    message_id: int
    what: str


class MessageReacted(Event, frozen=True, kw_only=True):
    """Somebody reacted to a message, or took it back."""

    message_id: int
    emoji: str
    on: bool = True


class NoteAdded(Event, frozen=True, kw_only=True):
    """An internal note."""

    note_id: int


class CaseAssigned(Event, frozen=True, kw_only=True):
    """Somebody holds the case now, or nobody (0)."""

    before: int
    after: int


class StatusChanged(Event, frozen=True, kw_only=True):
    """A person or a timer changed the status; `until` is set for a snooze (microseconds UTC)."""

    before: str
    after: str
    until: int = 0


class PriorityChanged(Event, frozen=True, kw_only=True):
    """The priority is another."""

    before: str
    after: str


class TagsChanged(Event, frozen=True, kw_only=True):
    """Tags were put on or taken off."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class FollowChanged(Event, frozen=True, kw_only=True):
    """An agent follows the case from now on, or no longer."""

    agent_id: int
    following: bool


class ContentMoved(Event, frozen=True, kw_only=True):
    """Something moved into this case (`inward`) or out of it; `number` is the other case. `message_id` is the newest message of it.

    `deed` is merge, split or link.
    """

    deed: str
    move_id: int
    number: int
    inward: bool
    messages: int = 0
    message_id: int = 0


class MoveUndone(Event, frozen=True, kw_only=True):
    """What had moved into this case (`inward`) or out of it went back. `kept` names what stayed as it is now."""

    deed: str
    move_id: int
    number: int
    inward: bool
    kept: tuple[str, ...] = ()


class VisitorIntroduced(Event, frozen=True, kw_only=True):
    """Somebody who talks with us on a web site gave an `address`, proved it to be theirs by a `code`, or signed in there (`sign-in`)."""

    how: str


class CaseChanged(Event, frozen=True, kw_only=True):
    """Something about the case that only the screen cares for."""
