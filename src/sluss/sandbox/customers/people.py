"""Who the customers are. In: dice. Out: made-up names, addresses, and ways to begin and end a mail."""

from __future__ import annotations

import random
import re
import unicodedata
from typing import Literal, Protocol

import msgspec

from sluss.sandbox.customers.scripts import Language

Manner = Literal["polite", "plain", "brief"]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer."""

    name: str
    address: str
    language: Language
    manner: Manner


class Told(Protocol):
    """What somebody tells: its language, and whether the words are a woman's or a man's."""

    @property
    def language(self) -> Language: ...
    @property
    def who(self) -> Literal["", "f", "m"]: ...


_FIRST: dict[tuple[str, str], tuple[str, ...]] = {
    ("sv", "f"): ("Åsa", "Kerstin", "Linnéa", "Ingrid", "Maryam", "Sofia", "Ebba", "Gun-Britt", "Ylva", "Amina"),
    ("sv", "m"): ("Göran", "Per-Åke", "Elias", "Björn", "Hassan", "Viktor", "Lars", "Oskar", "Östen", "Nils"),
    ("pl", "f"): ("Małgorzata", "Katarzyna", "Zofia", "Agnieszka", "Grażyna", "Święcisława", "Żaneta", "Hanna"),
    ("pl", "m"): ("Łukasz", "Włodzimierz", "Paweł", "Stanisław", "Michał", "Grzegorz", "Rafał", "Jędrzej"),
    ("en", "f"): ("Aoife", "Priya", "Charlotte", "Ngozi", "Hannah", "Rosalind", "Mei", "Fiona"),
    ("en", "m"): ("Callum", "Oluwaseun", "Thomas", "Dermot", "Arjun", "Henry", "Tomos", "Gareth"),
}
_LAST: dict[tuple[str, str], tuple[str, ...]] = {
    ("sv", ""): ("Lindqvist", "Åkerström", "Nyström", "Öberg", "Ekström", "Haddad", "Sjögren", "Wallén", "Kärrström", "Fältskog"),
    ("pl", "f"): ("Żak", "Brzęczyszczykiewicz", "Kwiatkowska", "Szczęsna-Chrząstowska", "Dąbrowska", "Wróbel", "Gałązka"),
    ("pl", "m"): ("Wójcik", "Brzęczyszczykiewicz", "Zieliński", "Chrząszczewski-Pstrągowski", "Mazur", "Ślusarczyk", "Kłos"),
    ("en", ""): ("Brennan", "Raman", "Okafor", "Whitfield", "Ashdown", "Penhaligon", "Chen", "MacAulay", "Featherstonehaugh"),
}
_POST: dict[str, tuple[str, ...]] = {
    "sv": ("mejl.example", "postlada.example"),
    "pl": ("poczta.example", "skrzynka.example"),
    "en": ("mailbox.example", "letters.example"),
}
_PLAIN_LETTERS = str.maketrans("łŁøØ", "lLoO")


def make_person(script: Told, dice: random.Random) -> Person:
    """Somebody who could have written the script."""
    who = script.who or dice.choice("fm")
    last = _LAST.get((script.language, "")) or _LAST[script.language, who]
    name = f"{dice.choice(_FIRST[script.language, who])} {dice.choice(last)}"
    manner: Manner = dice.choice(("polite", "plain", "plain", "brief"))
    return Person(name=name, address=_address(name, script.language, dice), language=script.language, manner=manner)


def _address(name: str, language: str, dice: random.Random) -> str:
    bare = unicodedata.normalize("NFD", name.translate(_PLAIN_LETTERS)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z ]", "", bare.replace("-", " ")).split()
    local = dice.choice((".".join(words), f"{words[0]}{words[-1][0]}{dice.randrange(61, 99)}", f"{words[-1]}.{words[0]}"))
    return f"{local}@{dice.choice(_POST[language])}"


_BEGIN: dict[tuple[str, Manner], tuple[str, ...]] = {
    ("sv", "polite"): ("God dag,", "Hej Norrsken Air,"),
    ("sv", "plain"): ("Hej!", "Hej,", "Hejsan,"),
    ("pl", "polite"): ("Szanowni Państwo,", "Dzień dobry Państwu,"),
    ("pl", "plain"): ("Dzień dobry,", "Witam,"),
    ("en", "polite"): ("Dear Norrsken Air,", "Good morning,"),
    ("en", "plain"): ("Hello,", "Hi,", "Hi there,"),
}
_END: dict[tuple[str, Manner], tuple[str, ...]] = {
    ("sv", "polite"): ("Med vänliga hälsningar", "Vänligen"),
    ("sv", "plain"): ("Mvh", "Hälsningar"),
    ("pl", "polite"): ("Z poważaniem", "Z wyrazami szacunku"),
    ("pl", "plain"): ("Pozdrawiam", "Serdecznie pozdrawiam"),
    ("en", "polite"): ("Yours sincerely", "Kind regards"),
    ("en", "plain"): ("Best", "Thanks"),
}
_GREETING = re.compile(r"(?:hej|hejsan|hi|hello|witam|dzień dobry)\b", re.IGNORECASE)
_AGENT: dict[Language, tuple[str, str]] = {
    "sv": ("Hej {first}!", "Vänliga hälsningar"),
    "pl": ("Dzień dobry,", "Pozdrawiam serdecznie"),
    "en": ("Dear {first},", "Kind regards"),
}


def customer_words(person: Person, text: str, dice: random.Random) -> str:
    """A customer's text with the beginning and end that they would give it."""
    if person.manner == "brief":
        return f"{text}\n\n/{person.name.split()[0]}" if person.language == "sv" else f"{text}\n\n{person.name.split()[0]}"
    begin = "" if _GREETING.match(text) else f"{dice.choice(_BEGIN[person.language, person.manner])}\n\n"
    end = dice.choice(_END[person.language, person.manner])
    return f"{begin}{text}\n\n{end}\n{person.name}"


def agent_words(person: Person, text: str) -> str:
    """An agent's answer as they write it; the signature follows by itself."""
    begin, end = _AGENT[person.language]
    return f"{begin.format(first=person.name.split()[0])}\n\n{text}\n\n{end}"
