"""The text of a chat goes to addresses that are proven the visitor's, and codes go out seldom and in our words alone. T49, T33."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from sluss.channels.models import visitors
from sluss.kernel.clock import DAY, MINUTE, TestClock
from sluss.people.letters import Mail
from sluss.people.models import letters
from sluss.people.postman import Postman
from sluss.visitor.models import visitor_codes, visitor_letters
from sluss.visitor.transcript import LIFE, forget_codes
from sluss.wiring import TELLERS
from tests.people.post_office import PostOffice
from tests.visitor.ground import Ground, Guest

MARK = "UNMISTAKABLE"
ASA = "asa@kund.example"


@pytest.fixture
def office(ground: Ground) -> PostOffice:
    made = PostOffice(ground.db)
    made.postman = Postman(ground.db, ground.edge.config, made._post, tellers=TELLERS)
    return made


@pytest.fixture
async def asa(ground: Ground) -> Guest:
    guest = ground.visitor()
    about = '{"url":"https://www.norrsken.example/","zone":"America/New_York","lang":"en"}'
    file = (f"{MARK}.txt", b"12", "text/plain")
    assert (await guest.write(f"Min väska {MARK}", name=f"Åsa {MARK}", page=about, files=[file])).status_code == 202
    await ground.admit()
    await ground.answer("Vi letar.")
    return guest


def code_of(mail: Mail) -> str:
    found = re.search(r"^\d{6}$", mail.text, re.MULTILINE)
    assert found, mail.text
    return found.group()


async def test_a_code_proves_an_address_and_the_text_goes_there(ground: Ground, asa: Guest, office: PostOffice) -> None:
    """T49: the letter with the code says nothing that the visitor wrote, what is kept of a code is a mark. Times are the visitor's own."""
    answer = await asa.tell("transcript", {"email": ASA})
    assert (answer.status_code, answer.json()) == (202, {"code": True})
    [letter] = await office.deliver()
    assert (letter.email, letter.name, MARK in letter.subject + letter.text) == (ASA, "", False)
    code = code_of(letter)
    [row] = ground.rows(sa.select(visitor_codes))
    assert code.encode() not in row.mark
    wrong = await asa.tell("transcript/code", {"code": f"{(int(code) + 1) % 1_000_000:06}"})
    assert (wrong.status_code, "code" in wrong.json()["fields"]) == (422, True)
    right = await asa.tell("transcript/code", {"code": f" {code[:3]} {code[3:]} "})
    assert (right.status_code, right.json()) == (202, {"sent": True})
    assert (await asa.tell("transcript/code", {"code": code})).status_code == 422
    [text] = await office.deliver()
    assert (text.email, text.name, text.company) == (ASA, f"Åsa {MARK}", "Norrsken Air")
    said = f"You, 21 November 2026 07:00\nMin väska {MARK}\n[{MARK}.txt, 2 B]\n\nMaja Ek, 21 November 2026 07:00\nVi letar."
    assert text.text.endswith(f"\n\n{said}\n\n-- \nNorrsken Air\n")
    again = await asa.tell("transcript", {})
    assert again.json() == {"sent": True}
    assert len(await office.deliver()) == 1
    [mine] = ground.rows(sa.select(visitors.c.email, visitors.c.email_proof))
    assert tuple(mine) == (ASA, "code")


async def test_five_wrong_codes_and_a_quarter_of_an_hour_are_enough(asa: Guest, office: PostOffice, clock: TestClock) -> None:
    """T33: nobody guesses one."""
    for tries, wait in ((5, 0), (0, LIFE)):
        await asa.tell("transcript", {"email": ASA})
        code = code_of((await office.deliver())[-1])
        for _ in range(tries):
            assert (await asa.tell("transcript/code", {"code": "no"})).status_code == 422
        clock.move(wait)
        assert (await asa.tell("transcript/code", {"code": code})).status_code == 422
    assert (await asa.ground.visitor().tell("transcript/code", {"code": "123456"})).status_code == 401


async def test_a_thousand_wishes_make_three_letters(ground: Ground, asa: Guest, office: PostOffice, clock: TestClock) -> None:
    """T49: for one victim, from many visitors and networks, however the address is spelt; for one visitor, to many addresses."""
    guests = [asa]
    for number in range(1, 10):
        guests.append(ground.visitor(address=f"198.51.100.{number}"))
        await guests[-1].write(MARK)
    statuses: list[int] = []
    for number in range(1_000):
        guest = guests[number % len(guests)]
        ground.hub.limits.marks._left.clear()
        ground.hub.limits.requests._left.clear()
        statuses.append((await guest.tell("transcript", {"email": ASA.replace("@", f"+{number}@" if number % 2 else "@")})).status_code)
    assert sorted(set(statuses)) == [202, 429]
    sent = await office.deliver()
    assert len(sent) <= 3
    assert statuses.count(202) == 3
    assert not any(MARK in one.subject + one.text + one.name for one in sent)
    other = ground.visitor(address="198.51.100.99")
    await other.write("Hej")
    answers = [await other.tell("transcript", {"email": f"someone{number}@kund.example"}) for number in range(5)]
    assert [one.status_code for one in answers] == [202, 202, 202, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    clock.move(DAY + MINUTE)
    assert (await other.tell("transcript", {"email": ASA})).status_code == 202
    ground.db.write_now(forget_codes, ground.web.world.who("ewa"))
    assert len(ground.rows(sa.select(visitor_letters))) == 1


async def test_no_address_of_ours_and_none_that_is_none(asa: Guest, office: PostOffice, ground: Ground) -> None:
    for typed in ("", "nobody", "+46701234567", "a@b\r\nBcc: c@d.example"):
        answer = await asa.tell("transcript", {"email": typed})
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["email"]), typed
    assert await office.deliver() == []
    assert ground.rows(sa.select(letters)) == []
