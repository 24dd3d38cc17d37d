"""Trouble on command. In: what a test asks for. Out: what the servers of the world do the next times."""

from __future__ import annotations

from typing import Literal

import msgspec

Stage = Literal["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "END"]


class Answer(msgspec.Struct):
    """One answer that the submission server gives at a stage instead of its own."""

    stage: Stage
    code: int
    text: str
    times: int


class Faults(msgspec.Struct):
    """All trouble that can be ordered; counts run down to zero, switches stay. Seconds for `slow`, bytes of the mail for `cut_data_at`."""

    slow: float = 0.0
    refuse_connections: int = 0
    login_expired: bool = False
    without_idle: bool = False
    silent_idle: bool = False
    cut_data_at: int | None = None
    cut_after_accepting: int = 0
    duplicate: int = 0
    hold_back: int = 0
    answers: list[Answer] = []

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

    def heal(self) -> None:
        """Ends all trouble."""
        for field in msgspec.structs.fields(Faults):
            setattr(self, field.name, [] if field.name == "answers" else field.default)
