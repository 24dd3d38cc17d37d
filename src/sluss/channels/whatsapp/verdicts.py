"""What WhatsApp's own errors mean, beside those that all of Meta has. In: nothing. Out: verdicts by code, and reasons for late failures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.graph_errors import Verdict, verdict_on
from sluss.channels.said import a_text, an_object
from sluss.kernel.words import say

_LIMIT = Verdict("wait", say("WhatsApp's limit for this number is used up. Sluss goes on by itself in a while."), whole_inbox=True)
_PASSING = Verdict("again", say("WhatsApp has a passing trouble."))
_FORM = Verdict("never", say("WhatsApp does not take this in this form."))
_TEMPLATE = Verdict("never", say("The template or its values do not fit what WhatsApp has approved. Look at it in WhatsApp Manager."))
_MARKETING = Verdict("never", say("WhatsApp does not deliver this advertising to this person. Do not send it again."))
_DEAD = Verdict("reconnect", say("Meta does not accept the token any more, or it may not do this. Connect the account again."))

PAIR = "131056"
PAIR_SECONDS = 10
"""To one person one message in six seconds may go; a short burst is forgiven."""

VERDICTS: dict[tuple[int, int | None], Verdict] = {
    (0, None): _DEAD,
    (3, None): _DEAD,
    (131005, None): _DEAD,
    **{(code, None): _LIMIT for code in (4, 80007, 130429, 131064, 133016)},
    (131048, None): Verdict(
        "wait",
        say("WhatsApp holds this number back, because people reported its messages. See the quality in WhatsApp Manager."),
        whole_inbox=True,
    ),
    (131056, None): Verdict("wait", say("Too many messages to this person at once. Sluss goes on in some seconds.")),
    **{(code, None): _PASSING for code in (131000, 131016, 135000)},
    (131026, None): Verdict(
        "never", say("This message cannot be delivered: no WhatsApp at that number, an old app, or you are blocked. Try another way.")
    ),
    (131047, None): Verdict(
        "never", say("WhatsApp's 24 hours after the customer's last word are over. Send an approved template, or wait until they write.")
    ),
    **{(code, None): _MARKETING for code in (131049, 131050, 130472)},
    (131051, None): Verdict("never", say("WhatsApp does not take messages of this kind.")),
    (131052, None): Verdict("never", say("WhatsApp could not give the file. Ask the customer to send it again.")),
    (131053, None): Verdict("never", say("WhatsApp could not take the file: its kind or size is not allowed. Send it as another kind.")),
    **{(code, None): _FORM for code in (100, 131008, 131009)},
    **{(code, None): _TEMPLATE for code in (132000, 132001, 132005, 132007, 132012, 132018, 132068, 132069)},
    (132015, None): Verdict("never", say("WhatsApp has paused this template for its quality. Choose another one.")),
    (132016, None): Verdict("never", say("WhatsApp has disabled this template for good. Choose another one.")),
    (131021, None): Verdict("never", say("A number cannot write to itself.")),
    (131030, None): Verdict("never", say("A test number writes only to the people that were allowed in WhatsApp Manager.")),
    (131031, None): Verdict("wait", say("Meta has locked this WhatsApp account. See what it says in WhatsApp Manager."), whole_inbox=True),
    (131042, None): Verdict(
        "wait", say("Meta has no way to be paid for this. Put the payment in order in WhatsApp Manager."), whole_inbox=True
    ),
    (131045, None): Verdict("wait", say("The number is not registered. Register it in WhatsApp Manager."), whole_inbox=True),
    (131057, None): Verdict("wait", say("WhatsApp maintains this account just now."), whole_inbox=True),
    (131062, None): Verdict("never", say("This cannot be sent to somebody who shows no telephone number. Choose another template.")),
    (131063, None): Verdict("never", say("Marketing messages are turned off for this account.")),
    (130497, None): Verdict("never", say("WhatsApp does not let this account write to that country.")),
    (137000, None): Verdict("never", say("The person behind this number may be another one by now. Ask the customer who they are.")),
    **{
        (code, None): Verdict("never", say("WhatsApp blocks only people who wrote within the last 24 hours."))
        for code in range(139100, 139104)
    },
}


def reason_of(error: Mapping[str, Any]) -> str:
    """One sentence on a late failure, with WhatsApp's own words behind it."""
    found = verdict_on(error, VERDICTS)
    theirs = a_text(an_object(error.get("error_data")).get("details")) or a_text(error.get("message")) or a_text(error.get("title"))
    sentence = found.sentence if found is not None else say("WhatsApp could not deliver this.")
    return say("%(reason)s WhatsApp says: %(said)s", reason=sentence, said=" ".join(theirs.split())[:300]) if theirs else sentence
