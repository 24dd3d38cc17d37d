"""What can be wrong with a request, as any slice says it and the edge shows it.

Each carries a sentence for the person, already translatable.

The edge answers 404, 403, 409 and 422; a foreign object is always `Missing`, never `Forbidden`.
"""

from __future__ import annotations


class Trouble(Exception):
    """Something the person can understand and mend; `sentence` is an English msgid."""

    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Missing(Trouble):
    """No such object, or not for this actor: the two look alike."""

    status = 404

    def __init__(self, sentence: str = "There is nothing here, or it is not yours to see.") -> None:
        super().__init__(sentence)


class Forbidden(Trouble):
    """The object is known to the actor, but the act is not for the actor's role."""

    status = 403


class Conflict(Trouble):
    """The state has moved on; the sentence says what to look at."""

    status = 409


class Invalid(Trouble):
    """Fields that cannot be accepted: `fields` maps a field's name to its sentence. Nothing was changed."""

    status = 422

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("Please correct the marked fields.")
        self.fields = fields
