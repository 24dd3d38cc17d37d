"""The one table of who reacts to what. In: events, timers, the clock. Out: actions of slices, which do not know each other.

`INSIDE` runs in the transaction of the event and must be atomic with it; `AFTER` runs later, at least once and in order per case;
`JOBS` are timers by kind; `EVERY` is all recurring work with its clock; `TELLERS` say what letters of other slices than people are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sluss.api.again import forget_old_answers
from sluss.broadcast import answering
from sluss.cards.answers import forget_old_cards
from sluss.cases.actions import WAKE, wake_case
from sluss.cases.events import CaseOpened, MessageChanged, MessageReceived, NoteAdded
from sluss.cases.indexing import INDEX_CASE, index_some_of_case
from sluss.cases.jobs import forget_begun, forget_scenery
from sluss.cases.reactions import RELEASE, release_cases, release_some
from sluss.cases.reindexing import REBUILD, rebuild_some
from sluss.channels.oauth.consents import forget_old_consents
from sluss.channels.oauth.visits import forget_old_visits
from sluss.channels.trials import forget_old_trials
from sluss.channels.visitors import forget_typed
from sluss.contacts.notes import forget_removed_notes
from sluss.desk import bulk
from sluss.desk.presence import forget_presences
from sluss.intake.conservation import keep_balance, take_balance
from sluss.intake.wants import forget_fetched
from sluss.kernel.events import Event
from sluss.kernel.jobs import JobAction
from sluss.kernel.loops import Every
from sluss.kernel.reactions import After
from sluss.kernel.tx import Inside
from sluss.moderation.heeding import heed_answer, heed_change, heed_deed
from sluss.moderation.jobs import keep_files
from sluss.moderation.matters import TIMER
from sluss.moderation.screening import screen_message
from sluss.moderation.steps import expire_proposals, go_on
from sluss.notifications.actions import forget_old
from sluss.notifications.digest import DIGEST, facts_of, send_digest
from sluss.notifications.mentions import note_mentions_of
from sluss.notifications.reactions import TOLD, tell_concerned
from sluss.outbox.events import DeedChanged, DeliveryChanged
from sluss.outbox.reactions import reopen_undelivered
from sluss.people.events import AgentDisabled
from sluss.people.jobs import tidy_people
from sluss.people.postman import Teller
from sluss.people.tokens import forget_old_tokens
from sluss.proposals.actions import forget_clues, propose_for_message
from sluss.replies.confirmations import confirm_case
from sluss.replies.jobs import forget_automatic_answers, tidy_uploads
from sluss.replies.macros.running import forget_runs
from sluss.replies.private_links import note_word
from sluss.visitor.continuing import FOLLOW, follow_by_mail, note_delivery
from sluss.visitor.forgetting import forget_idle, idle_visitors
from sluss.visitor.transcript import CODE, TRANSCRIPT, forget_codes, tell_code, tell_text

INSIDE: Mapping[type[Event], Sequence[Inside]] = {NoteAdded: (note_mentions_of,)}

AFTER: Sequence[After] = (
    After("release cases of a disabled agent", (AgentDisabled,), release_cases),
    After("confirm that a message has come", (CaseOpened,), confirm_case),
    After("tell whom it concerns", TOLD, tell_concerned),
    After("propose what may be the same", (MessageReceived,), propose_for_message),
    After("prove who holds a private link", (MessageReceived,), note_word),
    After("look through public words", (MessageReceived,), screen_message),
    After("heed an author who answers", (MessageReceived,), heed_answer),
    After("heed what becomes of public words", (MessageChanged,), heed_change),
    After("heed what networks refuse", (DeedChanged,), heed_deed),
    After("reopen what did not arrive", (DeliveryChanged,), reopen_undelivered),
    After("go on by mail where a chat was left", (DeliveryChanged,), note_delivery),
)

JOBS: Mapping[str, JobAction] = {
    WAKE: wake_case,
    bulk.JOB: bulk.go_on,
    RELEASE: release_some,
    INDEX_CASE: index_some_of_case,
    REBUILD: rebuild_some,
    TIMER: go_on,
    answering.JOB: answering.answer_some,
    DIGEST: send_digest,
    FOLLOW: follow_by_mail,
}

EVERY: Sequence[Every] = (
    Every("conservation", 60, keep_balance, look=take_balance),
    Every("tidy people", 3600, tidy_people),
    Every("tidy presences", 600, lambda tx, _who: forget_presences(tx)),
    Every("tidy answers", 3600, lambda tx, _who: forget_old_answers(tx)),
    Every("tidy tokens", 86_400, lambda tx, _who: forget_old_tokens(tx)),
    Every("tidy trials", 86_400, forget_old_trials),
    Every("tidy consents", 86_400, forget_old_consents),
    Every("tidy visits", 86_400, forget_old_visits),
    Every("tidy uploads", 86_400, tidy_uploads),
    Every("tidy context cards", 3600, forget_old_cards),
    Every("tidy removed notes", 3600, forget_removed_notes),
    Every("tidy mail begun elsewhere", 86_400, forget_begun),
    Every("tidy what stands around", 86_400, forget_scenery),
    Every("tidy what was fetched", 86_400, forget_fetched),
    Every("tidy notifications", 86_400, forget_old),
    Every("end proposals of moderation", 300, expire_proposals),
    Every("keep files of waiting answers", 86_400, keep_files),
    Every("tidy clues", 600, forget_clues),
    Every("tidy automatic answers", 86_400, forget_automatic_answers),
    Every("tidy deeds to many", 86_400, bulk.forget_runs),
    Every("tidy runs of macros", 86_400, forget_runs),
    Every("forget what visitors typed", 60, lambda tx, _who: forget_typed(tx)),
    Every("forget idle visitors", 86_400, forget_idle, look=idle_visitors),
    Every("tidy codes of visitors", 3600, forget_codes),
)

TELLERS: Mapping[str, Teller] = {DIGEST: facts_of, CODE: tell_code, TRANSCRIPT: tell_text}
