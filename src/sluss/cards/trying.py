"""Trying an outside system. In: a source. Out: a question about somebody who does not exist, signed as any other."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from sluss.cards.asking import Asking
from sluss.cards.contract import Question, SentContact, SentIdentity
from sluss.cards.sources import access_source, secret_of
from sluss.kernel.actors import Actor
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx

NOBODY = SentContact("0", "Sluss Test", "en", "Europe/Stockholm", (SentIdentity("email", "test@sluss.invalid", "verified"),), {})


def trial_of(tx: Tx, who: Actor, sealer: Sealer, source_id: int) -> Asking:
    """The question of a test."""
    source = access_source(tx, who, source_id)
    question = Question(str(tx.new_id()), datetime.fromtimestamp(tx.now / 1_000_000, UTC), NOBODY, None)
    secret = secret_of(tx, who, sealer, source_id)
    return Asking(url=source.url, secret=secret, body=msgspec.json.encode(question), patience=source.patience, sent_at=tx.now)
