"""The new part of an answer in the three languages of the first screens, and in what mail programs make of it."""

from __future__ import annotations

import pytest

from sluss.channels.email.reading.fresh import fresh_part

INTRODUCTIONS = [
    "Den lör 21 nov. 2026 kl 10:30 skrev Norrsken <support@norrsken.example>:",
    "lör 21 nov. 2026 kl. 10:30 skrev Norrsken Air <\nsupport@norrsken.example>:",
    "21 nov. 2026 kl. 10:30 skrev Norrsken Air <support@norrsken.example>:",
    "On Sat, Nov 21, 2026 at 10:30 AM Norrsken <support@norrsken.example> wrote:",
    "On Sat, Nov 21, 2026 at 10:30 AM Norrsken Air Customer Service\n<support@norrsken.example> wrote:",
    "W dniu 21.11.2026 o 10:30, Norrsken Air pisze:",
    "sob., 21 lis 2026 o 10:30 Norrsken <support@norrsken.example> napisał(a):",
    "Dnia 21 listopada 2026 10:30 Norrsken <support@norrsken.example> napisał:",
    "Am 21.11.2026 um 10:30 schrieb Norrsken:",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_quotation_after_an_introduction_is_cut(introduction: str, mark: str):
    assert fresh_part(f"Tack!\n\n{introduction}\n\n{mark}Väskan är hittad.\n{mark}Mvh") == "Tack!"


@pytest.mark.parametrize(
    "block",
    [
        "Från: Norrsken <support@norrsken.example>\nSkickat: den 21 november 2026 10:30\nTill: Åsa\nÄmne: Väskan",
        "From: Norrsken\nSent: Saturday, November 21, 2026\nTo: Åsa\nSubject: Bag",
        "Od: Norrsken\nWysłano: sobota, 21 listopada 2026\nDo: Łukasz\nTemat: Walizka",
        "*From:* Norrsken\n*Sent:* Saturday\n*To:* Åsa",
        "-----Original Message-----\nwhatever",
        "-----Ursprungligt meddelande-----\nvad som helst",
        "-----Oryginalna wiadomość-----\ncokolwiek",
        "________________________________\nFrån: Norrsken\nSkickat: i går\nTill: Åsa",
    ],
)
def test_header_block_ends_the_new_part(block: str):
    assert fresh_part(f"Tack!\n\n{block}\n\nVäskan är hittad.") == "Tack!"


def test_answers_between_quoted_lines_stay():
    text = "On 21 Nov 2026 Norrsken wrote:\n> Which colour?\nRed.\n> Which size?\nLarge."
    assert fresh_part(text) == "Red.\nLarge."


@pytest.mark.parametrize(
    ("text", "fresh"),
    [
        ("Hej!\n-- \nÅsa Lindqvist\nLindqvist AB", "Hej!"),
        ("Hej!\n\nSkickat från min iPhone", "Hej!"),
        ("Hi!\n\nSent from my Galaxy", "Hi!"),
        ("Cześć!\n\nWysłane z iPhone'a", "Cześć!"),
        ("Hej!\n\nMvh\nÅsa", "Hej!\n\nMvh\nÅsa"),
        ("Hej!\n\nMed vänliga hälsningar\nÅsa Lindqvist\nLindqvist AB\n070-123 45 67", "Hej!\n\nMed vänliga hälsningar\nÅsa Lindqvist"),
        ("Dzień dobry\n\nPozdrawiam,\nŁukasz Wójcik\nul. Długa 1\nWarszawa", "Dzień dobry\n\nPozdrawiam,\nŁukasz Wójcik"),
        ("Hi\n\nBest regards,\nA\nB\nC\nPS. The order is 4711", "Hi\n\nBest regards,\nA\nB\nC\nPS. The order is 4711"),
        ("Hi\n\nRegards\nA\nB\nCan you answer today?", "Hi\n\nRegards\nA\nB\nCan you answer today?"),
    ],
)
def test_signatures(text: str, fresh: str):
    assert fresh_part(text) == fresh


@pytest.mark.parametrize(
    "text",
    [
        "---------- Forwarded message ---------\nFrom: X <x@y.example>\nDate: today\nTo: Åsa\nSubject: y\n\nThe words",
        "Se nedan.\n\nVidarebefordrat brev:\n\nFrån: X\nDatum: i dag\nTill: Åsa\n\nOrden",
        "> only\n> quoted",
        "Från: mig\nVäskan är röd",
        "Den väskan skrev jag om: den röda",
        "I wrote: hello",
    ],
)
def test_what_is_no_answer_stays_whole(text: str):
    assert fresh_part(text) == text
