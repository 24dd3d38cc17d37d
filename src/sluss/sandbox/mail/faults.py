"""Trouble on command. In: what a test asks for. Out: what the servers of the world do the next times."""

from __future__ import annotations

from typing import Literal

import msgspec

Stage = Literal["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "END"]
Lie = Literal[
    "short-literal",
    "long-literal",
    "huge-literal",
    "exists",
    "endless-exists",
    "uidnext-low",
    "uidnext-high",
    "size-zero",
    "size-huge",
    "garbage",
    "wrong-tag",
    "bad-utf7",
    "twice",
    "backwards",
    "unasked",
]
"""What the IMAP server may say against the truth; `garbage` is said beside it, `unasked` are mails that nobody asked for."""


class Answer(msgspec.Struct):
    """One answer that the submission server gives at a stage instead of its own."""

    stage: Stage
    code: int
    text: str
    times: int


class Faults(msgspec.Struct):
    """All trouble that can be ordered; counts run down to zero, switches stay.

    `slow` is in seconds for each command, `slow_byte` for each byte of an answer. `cut_up` and `cut_down` end one connection after so many
    bytes from or to the client, `cut_data_at` after so many of a mail. `refuse` counts by name the IMAP commands to be answered with NO,
    `bye_after` the commands until the server says good-bye. A `silent` server takes everything and answers nothing.
    """

    slow: float = 0.0
    slow_byte: float = 0.0
    refuse_connections: int = 0
    login_expired: bool = False
    without_idle: bool = False
    silent_idle: bool = False
    silent: bool = False
    cut_data_at: int | None = None
    cut_up: int | None = None
    cut_down: int | None = None
    bye_after: int | None = None
    cut_after_accepting: int = 0
    duplicate: int = 0
    hold_back: int = 0
    answers: list[Answer] = []
    refuse: dict[str, int] = {}
    lies: set[Lie] = set()

    def answer(self, stage: Stage, code: int, text: str, times: int = 1) -> None:
        """The next `times` times the submission server says this at `stage` (`END` is the answer to the mail itself)."""
        self.answers.append(Answer(stage, code, text, times))

    def take_answer(self, stage: Stage) -> str:
        """The ordered answer for a stage, counted down; empty when there is none."""
        for answer in self.answers:
            if answer.stage == stage and answer.times > 0:
                answer.times -= 1
                return f"{answer.code} {answer.text}"
        return ""

    def take(self, name: Literal["refuse_connections", "cut_after_accepting", "duplicate", "hold_back"]) -> bool:
        """Whether a counted fault strikes now."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0

    def take_refusal(self, command: str) -> bool:
        """Whether an IMAP command is refused now, counted down."""
        left = self.refuse.get(command, 0)
        self.refuse[command] = max(0, left - 1)
        return left > 0

    def take_bye(self) -> bool:
        """Whether the server says good-bye instead of answering, counted down and then over."""
        if self.bye_after is None:
            return False
        self.bye_after = self.bye_after - 1 if self.bye_after > 0 else None
        return self.bye_after is None

    def heal(self) -> None:
        """Ends all trouble."""
        fresh = Faults()
        for name in self.__struct_fields__:
            setattr(self, name, getattr(fresh, name))
