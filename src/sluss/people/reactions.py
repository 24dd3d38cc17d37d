"""What agents are told of by letter when it happens. In: events of people. Out: letters, in the same transaction."""

from __future__ import annotations

from sluss.kernel.actors import system
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.events import FactorChanged
from sluss.people.letters import notify_agent

CHANGES = {
    "added": say("A second step was added."),
    "removed": say("A second step was removed."),
    "reset": say("An administrator took all second steps away."),
    "codes": say("New recovery codes were made; the old ones are worth nothing."),
    "code used": say("A recovery code was used to sign in."),
    "copied": say("A passkey answered as if there were two of it. Remove it if you do not know why."),
}


def tell_of_factors(tx: Tx, recorded: Recorded) -> None:
    """Whoever's way of signing in has changed hears of it where an intruder at the desk cannot read it."""
    event = recorded.event
    if isinstance(event, FactorChanged):
        who = system(recorded.workspace_id)
        notify_agent(tx, who, event.agent_id, "factors", what=CHANGES[event.change], label=event.name, at=recorded.at)
