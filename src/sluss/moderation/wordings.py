"""What customers are told, in their language. Data, and how it is put together; a workspace's own words go before these.

Written for people who are angry with reason: no reproach, one clear wish, what happens otherwise, and that their matter is heard.
"""

from __future__ import annotations

from collections.abc import Mapping

from sluss.kernel.clock import HOUR, MINUTE

LANGUAGES = ("en", "sv", "pl")

WHY: Mapping[str, Mapping[str, str]] = {
    "threat": {
        "en": "it can be read as a threat against people.",
        "sv": "den kan läsas som ett hot mot människor.",
        "pl": "można go odczytać jako groźbę wobec ludzi.",
    },
    "hate": {
        "en": "it runs people down for what they are.",
        "sv": "den kränker människor för vilka de är.",
        "pl": "poniża on ludzi za to, kim są.",
    },
    "abuse": {
        "en": "it insults people. Criticism of us may stay, however sharp.",
        "sv": "den förolämpar människor. Kritik mot oss får stå kvar, hur skarp den än är.",
        "pl": "obraża on ludzi. Krytyka pod naszym adresem może zostać, nawet bardzo ostra.",
    },
    "personal": {
        "en": "it shows personal data in public, and strangers could misuse it.",
        "sv": "den visar personuppgifter för alla, och främmande kan missbruka dem.",
        "pl": "pokazuje on publicznie dane osobowe, których ktoś obcy może nadużyć.",
    },
    "spam": {
        "en": "it advertises something else.",
        "sv": "den gör reklam för något annat.",
        "pl": "reklamuje on coś innego.",
    },
    "link": {
        "en": "it links to a site that we cannot vouch for.",
        "sv": "den länkar till en sida som vi inte kan stå för.",
        "pl": "prowadzi on do strony, za którą nie możemy ręczyć.",
    },
    "off_topic": {
        "en": "it is about something other than the post.",
        "sv": "den handlar om något annat än inlägget.",
        "pl": "dotyczy on czegoś innego niż wpis.",
    },
    "other": {
        "en": "it does not fit under our post.",
        "sv": "den passar inte under vårt inlägg.",
        "pl": "nie pasuje on pod naszym wpisem.",
    },
}

_PRIVATE = {
    "en": "Hello! We have read your comment, and somebody here looks into what you wrote. One wish: please remove or"
    " change the comment, because {why}{then} You can write to us right here about the matter itself.",
    "sv": "Hej! Vi har läst din kommentar och någon här tar hand om det du skriver. En önskan: ta bort eller ändra"
    " kommentaren, för {why}{then} Om själva saken kan du skriva till oss direkt här.",
    "pl": "Dzień dobry! Przeczytaliśmy komentarz i ktoś u nas zajmuje się sprawą. Jedna prośba: prosimy usunąć lub"
    " zmienić komentarz, ponieważ {why}{then} W samej sprawie można pisać do nas tutaj.",
}
_PUBLIC = {
    "en": "Hello! Please change or remove your comment, because {why}{then} We are glad to help with the matter itself.",
    "sv": "Hej! Ändra eller ta gärna bort din kommentar, för {why}{then} Med själva saken hjälper vi gärna till.",
    "pl": "Dzień dobry! Prosimy zmienić lub usunąć komentarz, ponieważ {why}{then} W samej sprawie chętnie pomożemy.",
}
_THEN = {
    "en": " If it is still there in {time}, we hide it.",
    "sv": " Står den kvar om {time} döljer vi den.",
    "pl": " Jeśli nadal tam będzie za {time}, ukryjemy go.",
}
_TIMES = {"en": ("{n} minutes", "{n} hours"), "sv": ("{n} minuter", "{n} timmar"), "pl": ("{n} min", "{n} godz.")}


def wording(language: str, why: str, wait: int, *, in_public: bool, goes_on: bool) -> str:
    """The whole message to an author. `goes_on`: something happens by itself when the time `wait` is over."""
    spoken = language if language in LANGUAGES else "en"
    then = _THEN[spoken].format(time=_time(spoken, wait)) if goes_on and wait else ""
    return (_PUBLIC if in_public else _PRIVATE)[spoken].format(why=why, then=then)


def _time(language: str, wait: int) -> str:
    minutes, hours = _TIMES[language]
    return hours.format(n=wait // HOUR) if wait >= 2 * HOUR else minutes.format(n=max(1, wait // MINUTE))
