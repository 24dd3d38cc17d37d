"""What is found in public words, by which means, and what is learnt from decisions."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sluss.kernel.clock import HOUR
from sluss.language.screening import Known, is_entry, screen
from sluss.moderation.learning import EXAMPLES, FINE, forget_lesson, hint_of, learn, muted
from sluss.moderation.models import lesson_counts, matter_log, screenings
from sluss.moderation.rules import DEFAULTS, Habits, Rule, policy_of, save_habits, save_rule
from sluss.moderation.screening import flags_of
from sluss.moderation.steps import Take, take_step, undo_line
from tests.moderation.conftest import BO, Street

FOUND = {
    "Du är en idiot": "abuse",
    "Du är en 1d10t!": "abuse",
    "i d i o t": "abuse",
    "I.D.I.O.T": "abuse",
    "idiooooot": "abuse",
    "іdіоt": "abuse",  # Cyrillic letters
    "ｉｄｉｏｔ": "abuse",
    "Ⓘⓓⓘⓞⓣ": "abuse",
    "id\u200biot": "abuse",
    "i\u00addi\u2060ot": "abuse",
    "id*ot": "abuse",
    "IDIOTER hela bunten": "abuse",
    "you $tupid a$$hole": "abuse",
    "k*rwa mać": "",  # a starred word that could be another
    "spierdalaj": "abuse",
    "ty debilu": "abuse",
    "Arschloch": "abuse",
    "Jag vet var du bor": "threat",
    "I know where you live": "threat",
    "wiem, gdzie mieszkasz": "threat",
    "You're dead": "threat",
    "Tjäna pengar nu https://bit.ly/xyz": "spam",
    "@a @b @c @d @e @f titta": "spam",
    "se http://a.example http://b.example http://c.example": "spam",
    "läs på evil.top/x": "link",
    "Mitt personnummer är 640823-3234": "personal",
}
INNOCENT = (
    "Kan inte höra er i telefonen",  # not hora
    "Ni har en fin pedal på cykeln",
    "Helt idiotiskt system, aldrig mer!",
    "Bussen till Scunthorpe är försenad, en killing matades av en fan",
    "Läs mer på www.norrsken.se/hjalp",
    "Wszystko super, pozdrawiam",
    "Tack för snabb hjälp med bagaget!",
    "Your support is bad and I will never fly with you again",
    "",
)
HOSTILE = (
    *("a." * 50_000, "!" * 50_000, "a b c " * 9_000, "http://" * 9_000, "@" * 50_000, "i" * 50_000, "*" * 50_000, "a*" * 20_000),
    *("\u200b" * 50_000, "1-" * 20_000, "$'" * 20_000, "www." * 20_000, "idiot " * 9_000, "\U0001d4f2" * 20_000, "a\u0301" * 20_000),
)
NORRSKEN = Known(sites=frozenset({"norrsken.se"}))


def test_offences_are_found_however_they_are_spelt_and_innocent_words_are_not() -> None:
    wrong = {text: [one.kind for one in screen(text, NORRSKEN).findings] for text in FOUND}
    assert {text: kinds[0] if kinds else "" for text, kinds in wrong.items()} == FOUND
    assert {text: screen(text, NORRSKEN).findings for text in INNOCENT} == dict.fromkeys(INNOCENT, ())
    assert screen("id*ot").findings[0].words == ("id*ot",)
    assert screen("640823-3234").findings[0].words == ("64…34",), "a log must not repeat somebody's number"


def test_heat_tells_anger_from_calm() -> None:
    calm, angry, worse = (
        screen("Var är min väska?").heat,
        screen("DETTA ÄR HELT OACCEPTABELT!!! Jävla skit").heat,
        screen("Vi ses utanför, din idiot!!!").heat,
    )
    assert calm == 0 < angry < worse <= 100


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_costs_more_than_its_beginning(text: str) -> None:
    """T102: what is matched is bounded, so a hostile text says no more than its first characters do."""
    assert screen(text).findings == screen(text[:4_000]).findings


def test_own_words_and_allowed_ones() -> None:
    own = Known(words={"abuse": ("blåskjorta*", "ni är =bäst")}, fine=frozenset({"idiot"}))
    assert [one.kind for one in screen("din blåskjortare", own).findings] == ["abuse"]
    assert screen("idiot", own).findings == ()
    assert is_entry("kaka*")
    assert not is_entry("* _")


def test_a_public_message_becomes_a_matter_and_a_private_one_never(street: Street) -> None:
    """Nothing is done by itself as long as the policy does not say so."""
    bad, mild = street.comment("Du är en idiot"), street.comment("Var är min väska?")
    private = street.comment("Du är en idiot", public=False)
    assert (street.matter(bad).rule, street.matter(bad).state) == ("abuse", "open")
    assert street.matter(mild) is None
    assert street.matter(private) is None
    assert street.steps(bad) == ["flag"]
    assert street.lines(bad)[0].said == "Du är en idiot"
    assert street.lines(bad)[0].agent_id is None
    assert street.ordered(bad) == []
    flags = street.db.read_now(flags_of, street.who("johan"), [bad, mild, private])
    assert {key: [(one.rule, one.words) for one in found] for key, found in flags.items()} == {bad: [("abuse", ("idiot",))]}


def test_the_policy_may_hide_at_once_but_not_what_a_person_brought_back(street: Street) -> None:
    """Automatic steps end after so many an hour in one conversation, and never argue with a person."""
    rule = DEFAULTS["abuse"]
    street.db.write_now(save_rule, street.who("ewa"), Rule(name="abuse", title=rule.title, plain=rule.plain, by_itself="hide"))
    first = street.comment("Du är en idiot", thread_key="p:post1:t:4711")
    assert street.ordered(first) == [("hide", "queued")]
    assert (street.matter(first).outcome, street.matter(first).by_itself) == ("hidden", True)
    line = next(one for one in street.lines(first) if one.step == "hide")
    street.db.write_now(undo_line, street.who("maja"), first, line.id)
    assert street.ordered(first)[0] == ("hide", "cancelled")
    street.changed(first, "edited", "Du är en stor idiot")
    assert [kind for kind, state in street.ordered(first) if state == "queued"] == []
    street.db.write_now(save_habits, street.who("ewa"), Habits(most=2))
    later = [street.comment(f"Ni är idioter {n}", thread_key="p:post1:t:4711") for n in range(4)]
    assert [len(street.ordered(one)) for one in later] == [1, 0, 0, 0], "the first hiding counts as well"
    street.ring(2 * HOUR)
    assert len(street.ordered(street.comment("Era idioter", thread_key="p:post1:t:4711"))) == 1


def test_the_same_words_by_several_people_are_advertising(street: Street) -> None:
    text = "Titta in hos oss, vi har de finaste resorna till bästa pris!"
    ids = [street.comment(text, by=msg) for msg in (BO, BO, *(type(BO)(f"59{n}", f"N{n}") for n in range(2)))]
    assert [street.matter(one) is not None for one in ids] == [False, False, False, True]
    assert street.lines(ids[-1])[0].reason == "The same was said by others."


def test_people_teach_and_what_they_taught_can_be_taken_back(street: Street) -> None:
    """Enough examples on both sides, words that say why; only hashes of words are kept; a lesson that is undone counts no more."""
    johan, db = street.who("johan"), street.db
    ids = [street.comment(f"Köp grisar av farbror {n}") for n in range(EXAMPLES)]
    fine = [street.comment(f"Var är min väska nummer {n}") for n in range(EXAMPLES)]
    for n, one in enumerate(ids):
        db.write_now(learn, johan, one, f"Köp grisar av farbror {n}", "spam")
        assert db.read_now(hint_of, johan, "Köp fina grisar av mig") is None, "the floor of examples"
    for n, one in enumerate(fine):
        db.write_now(learn, johan, one, f"Var är min väska nummer {n}", FINE)
    hint = db.read_now(hint_of, johan, "Köp fina grisar av mig")
    assert hint is not None
    assert (hint.label, {"Köp", "grisar"} <= set(hint.words)) == ("spam", True)
    assert db.read_now(hint_of, johan, "Var är bussen") is None
    found = street.comment("Köp två grisar av farbror", by=BO)
    assert (street.matter(found).rule, street.lines(found)[0].reason.startswith("Much like")) == ("spam", True)
    kept = db.read_now(lambda tx: [str(one) for one in tx.rows(sa.select(lesson_counts))])
    assert not any("grisar" in one for one in kept)
    for n, one in enumerate(ids):
        db.write_now(forget_lesson, johan, one, f"Köp grisar av farbror {n}")
    assert db.read_now(hint_of, johan, "Köp fina grisar av mig") is None
    labels = db.read_now(lambda tx: {row.label for row in tx.rows(sa.select(lesson_counts.c.label))})
    assert labels == {FINE}


def test_what_people_let_stand_three_times_is_found_no_more(street: Street) -> None:
    johan = street.who("johan")
    for n in range(3):
        one = street.comment(f"Ni är ena pucko {n}", by=type(BO)(f"80{n}", "X"))
        street.db.write_now(take_step, johan, one, Take(step="leave"))
        assert street.matter(one).outcome == "left"
    assert street.db.read_now(muted, johan, ["pucko"]) == {"pucko"}
    assert street.matter(street.comment("Ett riktigt pucko", by=BO)) is None


def test_the_log_cannot_be_changed(street: Street) -> None:
    """T18: the database itself refuses to change who did what when; only a copy may lose somebody's address."""
    one = street.comment("Du är en idiot")
    for column, value in (("step", "leave"), ("agent_id", 1), ("at", 1), ("rule", "spam")):
        with pytest.raises(Exception, match="append-only"):
            street.db.write_now(lambda tx, c=column, v=value: tx.run(sa.update(matter_log).values(**{c: v})))
    assert street.steps(one) == ["flag"]
    assert street.db.read_now(lambda tx: tx.value(sa.select(screenings.c.heat))) > 0


def test_a_policy_in_plain_words_is_there_from_the_beginning(street: Street) -> None:
    policy = street.db.read_now(policy_of, street.who("johan"))
    assert list(policy.rules) == ["threat", "hate", "abuse", "personal", "spam", "link", "off_topic", "other"]
    assert all(one.plain and one.by_itself == "flag" for one in policy.rules.values())
    decides = [(role, step, policy.may_take(role, step)) for role in ("agent", "lead", "reviewer", "field") for step in ("hide", "delete")]
    assert [may for _role, _step, may in decides] == [True, False, True, True, True, True, False, False]
