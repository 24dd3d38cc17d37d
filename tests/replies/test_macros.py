"""Macros: all of it or nothing, stopped by news, taken back whole."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import assign_case, set_priority, set_tags
from sluss.cases.models import case_tags, messages, notes, tags
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, HOUR, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.people.once import once
from sluss.replies.canned.actions import Content, Outdated, archive_answer, create_answer
from sluss.replies.canned.audience import Audience
from sluss.replies.canned.queries import uses_of
from sluss.replies.drafts import DraftFields, find_draft, save_draft
from sluss.replies.macros.actions import MacroContent, archive_macro, change_macro, create_macro
from sluss.replies.macros.planning import candidates, plan_macro
from sluss.replies.macros.queries import access_macro, list_macros, runs_of
from sluss.replies.macros.running import How, forget_runs, run_macro, undo_macro
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Rank, Send, Step, Tag, Untag, wakes_at
from sluss.replies.news import mark_of
from sluss.replies.sending import Stopped, WriteNote, write_note
from tests.outbox.scene import Scene
from tests.world import World

ANYWAY = How(anyway=True)


def answer(scene: Scene, text: str = "Hej {{contact.first_name}}! Vi söker den.") -> int:
    return scene.db.write_now(create_answer, scene.system, Content(name=text[:20], texts={"sv": text}))


def macro(scene: Scene, *steps: Step, name: str = "Väska", **more: Any) -> int:
    return scene.db.write_now(create_macro, scene.system, MacroContent(name=name, steps=steps, **more))


def state(scene: Scene) -> tuple[Any, ...]:
    """All that a macro may touch."""

    def read(tx: Any) -> tuple[Any, ...]:
        case = access_case(tx, scene.maja, scene.case_id)
        named = (
            sa.select(tags.c.name).select_from(case_tags.join(tags, tags.c.id == case_tags.c.tag_id)).where(case_tags.c.case_id == case.id)
        )
        draft = find_draft(tx, scene.maja, case.id, "reply")
        kept = (draft.text, draft.attachment_ids) if draft else None
        counted = [tx.value(sa.select(sa.func.count()).select_from(table)) for table in (notes, messages)]
        return (case, sorted(row.name for row in tx.rows(named)), kept, *counted)

    return scene.db.read_now(read)


def test_everything_happens_at_once_and_is_taken_back_whole(scene: Scene, clock: TestClock) -> None:
    """T5, T113: the same checks as by hand; nobody else is written to."""
    scene.db.write_now(set_tags, scene.maja, scene.case_id, ["gammal", "kvar"])
    sent = (
        Send(answer(scene)),
        Tag(("väska",)),
        Untag(("GAMMAL",)),
        Rank("urgent"),
        Assign("me"),
        Note("{{agent.first_name}} följer upp."),
    )
    macro_id = macro(scene, *sent, Move("snoozed", "tomorrow"))
    before = state(scene)
    ran = scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id, ANYWAY)
    case, tagged, draft, *_ = state(scene)
    assert (case.status, case.priority, case.assignee_id, tagged, draft) == ("snoozed", "urgent", scene.maja.id, ["kvar", "väska"], None)
    assert ran.leaves_at == clock.now + 10 * SECOND
    assert [row.state for row in scene.operations()] == ["queued"]
    assert scene.db.write_now(undo_macro, scene.maja, ran.run_id) == case.number
    assert (state(scene), scene.operations()) == (before, [])
    scene.db.write_now(undo_macro, scene.maja, ran.run_id)
    assert {one: use.count for one, use in scene.db.read_now(runs_of, scene.maja).items()} == {macro_id: 1}


def test_once_the_answer_has_left_nothing_is_taken_back(scene: Scene, clock: TestClock) -> None:
    macro_id = macro(scene, Send(answer(scene)), Tag(("väska",)))
    ran = scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id, ANYWAY)
    clock.move(11 * SECOND)
    before = state(scene)
    with pytest.raises(Conflict, match="too late"):
        scene.db.write_now(undo_macro, scene.maja, ran.run_id)
    assert state(scene) == before


def test_what_others_did_since_stays(scene: Scene) -> None:
    macro_id = macro(scene, Tag(("väska",)), Rank("high"), Assign("me"), Move("pending"))
    ran = scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id)
    scene.db.write_now(set_priority, scene.johan, scene.case_id, "low")
    scene.db.write_now(assign_case, scene.johan, scene.case_id, scene.johan.id)
    scene.db.write_now(set_tags, scene.johan, scene.case_id, ["väska", "ny"])
    scene.db.write_now(undo_macro, scene.maja, ran.run_id)
    case, tagged, *_ = state(scene)
    assert (case.status, case.priority, case.assignee_id, tagged) == ("open", "low", scene.johan.id, ["ny"])
    with pytest.raises(Missing):
        scene.db.write_now(undo_macro, scene.johan, ran.run_id)


def test_a_draft_is_added_to_and_comes_back(scene: Scene) -> None:
    macro_id = macro(scene, Draft(answer(scene)))
    scene.db.write_now(save_draft, scene.maja, scene.case_id, DraftFields(text="Redan skrivet."))
    before = state(scene)
    ran = scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id)
    draft = scene.db.read_now(find_draft, scene.maja, scene.case_id, "reply")
    assert draft is not None
    assert draft.text == "Redan skrivet.\n\nHej Åsa! Vi söker den."
    scene.db.write_now(undo_macro, scene.maja, ran.run_id)
    assert state(scene) == before
    again = scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id)
    now = scene.db.read_now(find_draft, scene.maja, scene.case_id, "reply")
    assert now is not None
    edited = DraftFields(text=f"{now.text} Mer.", revision=now.revision)
    scene.db.write_now(save_draft, scene.maja, scene.case_id, edited)
    scene.db.write_now(undo_macro, scene.maja, again.run_id)
    assert state(scene)[2] == (edited.text, ())


@pytest.mark.parametrize("kind", ["send", "solve"])
def test_news_stops_a_macro_before_anything_is_done(scene: Scene, kind: str) -> None:
    """A macro that answers or solves is stopped as its sender would be."""
    macro_id = macro(scene, Tag(("väska",)), Send(answer(scene)) if kind == "send" else Move("solved"))
    seen = scene.db.read_now(mark_of, scene.maja, scene.case_id)
    scene.db.write_now(write_note, scene.johan, WriteNote(op="n", case_id=scene.case_id, text="Vänta!"))
    before = state(scene)
    with pytest.raises(Stopped) as stopped:
        scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id, How(seen=seen))
    assert (stopped.value.news.text, state(scene)) == ("Vänta!", before)
    scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id, How(seen=seen, anyway=True))
    assert state(scene)[1] == ["väska"]


def test_one_step_that_cannot_be_done_refuses_all(scene: Scene) -> None:
    said = answer(scene)
    opened = answer(scene, "Ärende {{case.waiting}} {{contact.email}}: {{brand.name}}")
    both = macro(scene, Tag(("väska",)), Send(said))
    unfilled = macro(scene, Tag(("väska",)), Send(opened), name="Öppen")
    gone = macro(scene, Tag(("väska",)), Assign(str(scene.johan.id)), name="Borta")
    scene.db.write_now(_disable, scene.johan)
    scene.db.write_now(save_draft, scene.maja, scene.case_id, DraftFields(text="Påbörjat"))
    before = state(scene)
    for macro_id, why in ((both, "begun an answer"), (gone, "has left")):
        with pytest.raises(Conflict, match=why):
            scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id, ANYWAY)
    scene.db.write_now(archive_answer, scene.system, said)
    with pytest.raises(Conflict, match="archived"):
        scene.db.write_now(run_macro, scene.maja, scene.case_id, both, ANYWAY)
    assert state(scene) == before
    problems = {one.macro.name: one.problem for one in scene.db.read_now(candidates, scene.maja, scene.case_id, "", 9)}
    assert {name for name, problem in problems.items() if problem} == {"Väska", "Borta", "Öppen"}
    assert unfilled


def test_the_same_form_runs_a_macro_once(scene: Scene) -> None:
    macro_id = macro(scene, Note("Ringt."), Draft(said := answer(scene)))
    first, second = (scene.db.write_now(once, scene.maja, "form", run_macro, scene.case_id, macro_id, How(seen="1-2")) for _ in range(2))
    assert (first, state(scene)[3]) == (second, 1)
    assert scene.db.read_now(uses_of, scene.maja)[said].count == 1


def test_the_plan_is_what_happens(scene: Scene, clock: TestClock) -> None:
    macro_id = macro(scene, Move("snoozed", "tomorrow"), Rank("low"))
    plan = scene.db.read_now(plan_macro, scene.maja, scene.case_id, macro_id)
    assert [type(one.step) for one in plan.deeds] == [Rank, Move]
    scene.db.write_now(run_macro, scene.maja, scene.case_id, macro_id)
    assert state(scene)[0].snoozed_until == plan.deeds[1].until
    clock.move(31 * DAY)
    scene.db.write_now(forget_runs, scene.system)


def test_times_are_told_by_the_company_s_clock(db: Database, world: World, clock: TestClock) -> None:
    who = world.who("maja")
    start = clock.now

    def wakes(words: str) -> int:
        return db.read_now(wakes_at, who, words)

    assert wakes("3h") - start == 3 * HOUR
    assert wakes("tomorrow") < wakes("2d") <= wakes("7d")
    assert (wakes("2d") - wakes("tomorrow")) in {23 * HOUR, DAY, 25 * HOUR}
    assert 0 < wakes("evening") - start <= DAY + HOUR
    assert 0 < wakes("monday") - start <= 8 * DAY


def test_macros_exist_only_for_those_they_are_for(db: Database, world: World) -> None:
    """T1, T2, T5"""
    who, at = world.who, world.norrsken
    tag = (Tag(("väska",)),)
    shared = db.write_now(create_macro, who("maja"), MacroContent(name="Alla", steps=tag))
    team = Audience(whom="chosen", team_ids=(at.teams["gdansk"],))
    gdansk = db.write_now(create_macro, who("ewa"), MacroContent(name="Gdańsk", steps=tag, audience=team))
    private = db.write_now(create_macro, who("petra"), MacroContent(name="Min", steps=tag, audience=Audience(whom="owner")))
    names = {key: [one.name for one in db.read_now(list_macros, who(key))] for key in ("johan", "petra", "maja", "erik", "ania")}
    assert names == {"johan": ["Alla"], "petra": ["Alla", "Gdańsk", "Min"], "maja": ["Alla", "Gdańsk"], "erik": [], "ania": []}
    for key, macro_id in (("johan", gdansk), ("johan", private), ("maja", private), ("marek", shared)):
        for action, *rest in ((access_macro,), (archive_macro,)):
            with pytest.raises(Missing):
                db.write_now(action, who(key), macro_id, *rest)
    with pytest.raises(Forbidden):
        db.write_now(archive_macro, who("johan"), shared)
    changed = MacroContent(name="Alla", steps=tag, onward="next")
    assert db.write_now(change_macro, who("ewa"), shared, changed, 1) == 2
    with pytest.raises(Outdated, match="Ewa Nowak"):
        db.write_now(change_macro, who("maja"), shared, changed, 1)


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ((), ""),
        ((Draft(1), Send(1)), None),
        ((Move("snoozed"),), "until"),
        ((Move("solved", "tomorrow"),), "until"),
        ((Assign("4711"),), "assign"),
        ((Tag(("a,b",)),), "tags"),
        ((Note("{{secret.key}}"),), "note"),
        ((Rank("low"), Rank("high")), ""),
    ],
)
def test_steps_that_cannot_be_kept(db: Database, world: World, steps: tuple[Step, ...], field: str | None) -> None:
    with pytest.raises((Invalid, Missing)) as refused:
        db.write_now(create_macro, world.who("maja"), MacroContent(name="Fel", steps=steps))
    if field is not None:
        assert isinstance(refused.value, Invalid)
        assert set(refused.value.fields) == {field}


def _disable(tx: Any, who: Actor) -> None:
    from sluss.people.models import agents  # noqa: PLC0415

    tx.run(sa.update(agents).where(agents.c.id == who.id).values(disabled_at=1))


def test_steps_are_read_as_they_were_kept(scene: Scene) -> None:
    steps = (Note("Hej"), Tag(("a", "b")), Rank("high"), Assign("me"), Move("snoozed", "reply"))
    macro_id = macro(scene, *reversed(steps))
    kept = scene.db.read_now(access_macro, scene.maja, macro_id)
    assert kept.deeds == list(steps)
    assert msgspec.json.decode(msgspec.json.encode(kept.steps)) == kept.steps
