"""How a command ends. In: what went wrong. Out: an exit code and a sentence that says what, why, and what to do."""

from __future__ import annotations

from sluss.control import Fault, NotAnswered
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing, Trouble

OK = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
REFUSED = 4
CONFLICT = 5
PARTIAL = 6
TRY_AGAIN = 75
INTERRUPTED = 130

_KINDS = {"failed": FAILED, "invalid": USAGE, "missing": NOT_FOUND, "forbidden": REFUSED, "conflict": CONFLICT, "busy": TRY_AGAIN}
_TROUBLES: tuple[tuple[type[Trouble], str], ...] = (
    (Invalid, "invalid"),
    (Missing, "missing"),
    (Forbidden, "forbidden"),
    (Conflict, "conflict"),
)


class Stopped(Exception):
    """A command cannot go on; the sentence is for the person, the code for scripts."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.sentence, self.code = sentence, code


def fault_of(error: Exception) -> Fault:
    """An error of a deed, as it crosses the control socket."""
    if isinstance(error, Stopped):
        kind = next((name for name, code in _KINDS.items() if code == error.code), "failed")
        return Fault(kind, error.sentence)
    if isinstance(error, Trouble):
        kind = next((name for known, name in _TROUBLES if isinstance(error, known)), "failed")
        return Fault(kind, error.sentence, error.fields if isinstance(error, Invalid) else {})
    return Fault("failed", f"It did not work: {error or type(error).__name__}.")


def stopped_by(fault: Fault) -> Stopped:
    """The same error on the other side."""
    fields = " ".join(f"{name}: {sentence}" for name, sentence in fault.fields.items())
    return Stopped(fields or fault.sentence, _KINDS.get(fault.kind, FAILED))


def not_answered(error: NotAnswered) -> Stopped:
    """The server was asked and fell silent."""
    return Stopped(f"{error} Look with `sluss doctor`, then try again.", TRY_AGAIN)
