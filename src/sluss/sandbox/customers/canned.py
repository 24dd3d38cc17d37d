"""What Norrsken Air's agents need not write anew: canned answers in three languages, and four macros. In: a new company. Out: rows."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx
from sluss.replies.canned.actions import Content, create_answer
from sluss.replies.canned.audience import Audience
from sluss.replies.macros.actions import MacroContent, Onward, create_macro
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Rank, Send, Step, Tag


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: `teams` by name, none for everybody; `owner` by name; looked at again after so many days."""

    name: str
    shortcut: str
    folder: str
    texts: dict[str, str]
    teams: tuple[str, ...] = ()
    owner: str = "Maja Ek"
    review_days: int = 90


ANSWERS = (
    Kept(
        name="Väska försenad",
        shortcut="bag",
        folder="Bagage",
        teams=("Bagage", "Kundrelationer"),
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nVad tråkigt att din väska inte kom med. Vi söker efter den nu, och du hör av oss så snart den är "
            "funnen, senast i morgon {{date.tomorrow}}.\n\nDu får köpa det nödvändigaste så länge; spara kvittona. Ditt ärende har nummer #{{case.number}}.",
            "en": "Hello {{contact.first_name|there}},\n\nWe are sorry that your bag did not arrive with you. We are looking for it now and will write "
            "again as soon as it is found, at the latest tomorrow, {{date.tomorrow}}.\n\nPlease buy what you need most until then and keep the receipts. "
            "Your case number is #{{case.number}}.",
            "pl": "Dzień dobry {{contact.first_name|}},\n\nprzykro nam, że Twój bagaż nie doleciał razem z Tobą. Szukamy go i napiszemy, gdy tylko się "
            "znajdzie, najpóźniej jutro, {{date.tomorrow}}.\n\nDo tego czasu prosimy kupić najpotrzebniejsze rzeczy i zachować rachunki. "
            "Numer sprawy: #{{case.number}}.",
        },
    ),
    Kept(
        name="Väska funnen",
        shortcut="found",
        folder="Bagage",
        teams=("Bagage",),
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nDin väska är funnen och skickas till ___. Budet ringer innan.",
            "en": "Hello {{contact.first_name|there}},\n\nYour bag has been found and is on its way to ___. The courier will call first.",
            "pl": "Dzień dobry {{contact.first_name|}},\n\nTwój bagaż się znalazł i jedzie pod adres ___. Kurier zadzwoni wcześniej.",
        },
    ),
    Kept(
        name="Skadad väska",
        shortcut="damage",
        folder="Bagage",
        teams=("Bagage",),
        review_days=-3,
        texts={
            "sv": "Hej!\n\nSkicka gärna två bilder på skadan och en på bagageetiketten, så värderar vi väskan inom tre dagar.",
            "en": "Hello,\n\nPlease send two pictures of the damage and one of the baggage tag. We will value the bag within three days.",
        },
    ),
    Kept(
        name="Ersättning vid försening (EU 261)",
        shortcut="eu261",
        folder="Ersättning",
        owner="Freja Holm",
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nNär ett plan är mer än tre timmar sent har du rätt till 250, 400 eller 600 euro, beroende på sträckan, "
            "om orsaken låg hos oss. Vi prövar ditt krav inom sju dagar.",
            "en": "Hello {{contact.first_name|there}},\n\nIf your flight arrived more than three hours late you are entitled to 250, 400 or 600 euros, "
            "depending on the distance, unless the cause was outside our control. We will decide within seven days.",
            "pl": "Dzień dobry {{contact.first_name|}},\n\njeśli lot opóźnił się o ponad trzy godziny z naszej winy, przysługuje Ci 250, 400 lub 600 euro, "
            "zależnie od odległości. Odpowiemy w ciągu siedmiu dni.",
        },
    ),
    Kept(
        name="Ombokning utan avgift",
        shortcut="rebook",
        folder="Bokning",
        teams=("Bokning", "International"),
        owner="Johan Falk",
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nVi har bokat om dig till ___ utan avgift. Den nya biljetten kommer i ett eget mejl.",
            "en": "Hello {{contact.first_name|there}},\n\nWe have moved your booking to ___ free of charge. The new ticket follows in a mail of its own.",
            "pl": "Dzień dobry {{contact.first_name|}},\n\nzmieniliśmy rezerwację na ___ bez opłaty. Nowy bilet przyjdzie w osobnej wiadomości.",
        },
    ),
    Kept(
        name="Bokningsnummer saknas",
        shortcut="pnr",
        folder="Bokning",
        teams=("Bokning", "International"),
        owner="Johan Falk",
        texts={
            "sv": "Hej!\n\nSkriv gärna bokningsnumret, sex bokstäver och siffror som står överst i bekräftelsen, så ser vi efter direkt.",
            "en": "Hello,\n\nCould you send us the booking reference, the six letters and digits at the top of your confirmation? "
            "We will look at once.",
            "pl": "Dzień dobry,\n\nprosimy o numer rezerwacji, czyli sześć liter i cyfr u góry potwierdzenia. Zaraz sprawdzimy.",
        },
    ),
    Kept(
        name="Specialassistans",
        shortcut="assist",
        folder="Bokning",
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nAssistansen är bokad. Kom till disken märkt Assistans senast två timmar före avgång.",
            "en": "Hello {{contact.first_name|there}},\n\nYour assistance is booked. Please come to the desk marked Assistance two hours before departure.",
        },
    ),
    Kept(
        name="Tack för berömmet",
        shortcut="thanks",
        folder="Kundrelationer",
        owner="Freja Holm",
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nTack för de fina orden. Jag har läst dem för besättningen, som blev glad.\n\n{{agent.first_name}}",
            "en": "Hello {{contact.first_name|there}},\n\nThank you for your kind words. I have read them to the crew, who were delighted.\n\n"
            "{{agent.first_name}}",
            "pl": "Dzień dobry {{contact.first_name|}},\n\ndziękujemy za miłe słowa. Przeczytałem je załodze, która bardzo się ucieszyła.\n\n"
            "{{agent.first_name}}",
        },
    ),
    Kept(
        name="Ursäkta att vi dröjt",
        shortcut="sorry",
        folder="Kundrelationer",
        texts={
            "sv": "Hej {{contact.first_name|}}!\n\nFörlåt att du fått vänta {{case.waiting|så länge}} på svar. ___",
            "en": "Hello {{contact.first_name|there}},\n\nWe are sorry that you have waited {{case.waiting|so long}} for an answer. ___",
            "pl": "Dzień dobry {{contact.first_name|}},\n\nprzepraszamy, że odpowiedź trwała {{case.waiting|tak długo}}. ___",
        },
    ),
)
MACROS: tuple[tuple[str, tuple[Step | str, ...], Onward], ...] = (
    ("Väska försenad: svara och följ upp i morgon", ("send:bag", Tag(("väska",)), Assign("me"), Move("snoozed", "tomorrow")), "next"),
    ("Be om bokningsnummer", ("draft:pnr", Tag(("bokningsnummer saknas",))), "stay"),
    ("Brådskande till mig", (Rank("urgent"), Assign("me"), Note("Tagen av {{agent.name}} {{time.now}}.")), "stay"),
    ("Skräppost", (Move("spam"),), "next"),
)


def keep_answers(tx: Tx, who: Actor, teams: Mapping[str, int], agents: Mapping[str, Actor]) -> None:
    """Write them down, by Sluss itself."""
    made = {one.shortcut: create_answer(tx, who, _content(tx, one, teams, agents)) for one in ANSWERS}
    for name, steps, onward in MACROS:
        read = tuple(_step(one, made) if isinstance(one, str) else one for one in steps)
        create_macro(tx, who, MacroContent(name=name, steps=read, onward=onward, audience=Audience(owner_id=agents["Maja Ek"].id)))


def _content(tx: Tx, one: Kept, teams: Mapping[str, int], agents: Mapping[str, Actor]) -> Content:
    chosen = tuple(teams[name] for name in one.teams)
    audience = Audience(whom="chosen" if chosen else "everybody", team_ids=chosen, owner_id=agents[one.owner].id)
    due_at = tx.now + one.review_days * DAY
    return Content(
        name=one.name, shortcut=one.shortcut, folder=one.folder, texts=one.texts, original="sv", audience=audience, review_due_at=due_at
    )


def _step(words: str, made: Mapping[str, int]) -> Step:
    do, _, shortcut = words.partition(":")
    return Send(made[shortcut]) if do == "send" else Draft(made[shortcut])
