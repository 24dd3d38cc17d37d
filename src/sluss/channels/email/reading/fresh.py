"""The new part of an answer. In: the whole text of a mail. Out: what its writer wrote now, without quoted history and signature.

Works line by line with small expressions on short lines, so that its time grows with the text and with nothing else. When nothing
would be left (a forward, a bare quotation), the whole text is the new part.
"""

from __future__ import annotations

import re

from sluss.channels.email.reading import limits

_LOOKED_AT = 400


def fresh_part(text: str) -> str:
    """The part of `text` that is neither quoted nor signature; `text` itself when that is nothing."""
    lines = text[: limits.FRESH_CHARACTERS].split("\n")
    if _is_forward(lines):
        return text.strip("\n")
    kept = _without_signature(_without_disclaimer(_without_quotes(lines)))
    return "\n".join(kept).strip() or text.strip()


_FORWARD = re.compile(
    r"\s*-{2,}\s*(?:forwarded message|vidarebefordrat (?:meddelande|brev)|wiadomość przekazana|przekazana wiadomość"
    r"|weitergeleitete nachricht)\b"
    r"|\s*(?:begin forwarded message|vidarebefordrat (?:brev|meddelande)|początek (?:przekazywanego listu|przekazanej wiadomości))\s*:",
    re.IGNORECASE,
)


def _is_forward(lines: list[str]) -> bool:
    return any(_FORWARD.match(line[:_LOOKED_AT]) for line in lines[:60])


def _without_quotes(lines: list[str]) -> list[str]:
    """Quoted lines go one by one, so that answers between them stay; a header block or an unmarked quotation ends the new part."""
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number][:_LOOKED_AT]
        introduction = _introduction(lines, number)
        if introduction:
            if not _quoted_next(lines, number + introduction):
                break
            number += introduction
        elif _ORIGINAL.match(line) or _is_header_block(lines, number):
            break
        else:
            if not line.lstrip().startswith(">"):
                kept.append(lines[number])
            number += 1
    return _without_rules(kept)


_RULE = re.compile(r"[_\-=*]{5,}")
_WROTE = re.compile(
    r"\b(?:wrote|writes|skrev|skriver|napisał(?:a|\(a\)|/a|o)?|pisze|schrieb|a écrit|escribió|ha scritto|schreef|kirjoitti)\b",
    re.IGNORECASE,
)
_STAMP = re.compile(r"\d|@")
_OPENING = re.compile(
    r"\s*(?:on|den|dnia|w dniu|am|le|el|il|op|\d|mån|tis|ons|tor|fre|lör|sön|pon|wt|śr|czw|pt|sob|niedz|ndz"
    r"|mon|tue|wed|thu|fri|sat|sun|\S+@|.{1,60}<\S+@)",
    re.IGNORECASE,
)


def _introduction(lines: list[str], number: int) -> int:
    """How many lines from `number` introduce a quotation ("On … wrote:"), which mail programs wrap over up to three; 0 for none."""
    if not _OPENING.match(lines[number][:_LOOKED_AT]):
        return 0
    joined = ""
    for count in (1, 2, 3):
        if number + count > len(lines):
            return 0
        joined = f"{joined} {lines[number + count - 1][:_LOOKED_AT].strip()}"
        if joined.endswith(":") and _WROTE.search(joined) and _STAMP.search(joined) and len(joined) <= _LOOKED_AT:
            return count
    return 0


def _quoted_next(lines: list[str], number: int) -> bool:
    following = next((line for line in lines[number : number + 4] if line.strip()), "")
    return following.lstrip().startswith(">")


_ORIGINAL = re.compile(
    r"\s*[>*]*\s*-{2,}\s*(?:original message|original appointment|ursprungligt meddelande|originalmeddelande"
    r"|oryginalna wiadomość|wiadomość (?:oryginalna|pierwotna)"
    r"|ursprüngliche nachricht|message d'origine|oprindelig meddelelse|opprinnelig melding)\b",
    re.IGNORECASE,
)
_FROM_FIELD = re.compile(r"\s*\**(?:from|från|od|von|de|fra|lähettäjä|van)\s*:\**\s*\S", re.IGNORECASE)
_OTHER_FIELD = re.compile(
    r"\s*\**(?:sent|date|to|cc|subject|skickat|datum|till|kopia|ämne|wysłano|wysłane|data|do|dw|temat|gesendet|an|betreff|envoyé|à|objet|sendt|til|emne)\s*:",
    re.IGNORECASE,
)


def _is_header_block(lines: list[str], number: int) -> bool:
    if not _FROM_FIELD.match(lines[number][:_LOOKED_AT]):
        return False
    return sum(1 for line in lines[number + 1 : number + 8] if _OTHER_FIELD.match(line[:_LOOKED_AT])) >= 2


_DISCLAIMER = re.compile(
    r"\s*[*_>]*\s*(?:(?:legal )?disclaimer\b|confidentiality (?:notice|note)\b"
    r"|this (?:e-?mail|message|communication|transmission)\b.{0,80}\b(?:confidential|privileged|intended)"
    r"|the (?:information|content)s? (?:contained )?in this (?:e-?mail|message)\b"
    r"|(?:please )?(?:consider|think of) the environment|please think before you print"
    r"|(?:detta|denna|det här) (?:e-?post|e-?brev|mejl|mail|meddelande)\w*\b.{0,80}\b(?:konfidentiell|sekretess|avsett|avsedd)"
    r"|informationen i (?:detta|denna)\b|(?:tänk på|värna om) miljön|måste du skriva ut"
    r"|sekretess(?:information|meddelande)?\s*:|(?:så |hur )?behandlar vi (?:dina )?personuppgifter"
    r"|(?:niniejsza|ta|treść (?:niniejszej|tej)) (?:wiadomoś|korespondencj)\w*\b.{0,120}\b(?:poufn|przeznaczon|tajemnic)"
    r"|informacj[ae] zawarte w (?:niniejszej|tej)\b|(?:pomyśl|zastanów się),? zanim wydrukujesz|zanim wydrukujesz"
    r"|klauzula (?:poufności|informacyjna)"
    r"|administratorem (?:pani/pana |państwa )?danych osobowych"
    r"|diese (?:e-?mail|nachricht) (?:enthält|ist)\b.{0,60}\bvertraulich)",
    re.IGNORECASE,
)
_DISCLAIMER_LINES = 40


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Legal notices that companies put below every mail, from where one begins; nobody writes them by hand, and nothing follows them.

    A question after such a line shows that its writer meant it.
    """
    for number in range(max(1, len(lines) - _DISCLAIMER_LINES), len(lines)):
        if _DISCLAIMER.match(lines[number][:_LOOKED_AT]) and any(line.strip() for line in lines[:number]):
            rest = lines[number:]
            return lines if any(line.rstrip().endswith("?") for line in rest) else _without_rules(lines[:number])
    return lines


def _without_rules(lines: list[str]) -> list[str]:
    kept = list(lines)
    while kept and (not kept[-1].strip() or _RULE.fullmatch(kept[-1].strip())):
        kept.pop()
    return kept


_DEVICE = re.compile(
    r"\s*(?:sent from (?:my|outlook|mail|yahoo|proton)|get outlook for|skickat från|skickades från|hämta outlook|sänt från"
    r"|wysłan[eoy] (?:z|za pomocą)|pobierz (?:aplikację )?outlook|von meinem .{1,40} gesendet|gesendet von)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:(?:med )?(?:vänlig|vänliga|bästa|hjärtlig|soliga|varma) hälsning(?:ar)?|mvh|hälsningar|hälsn"
    r"|(?:best|kind|warm|kindest|many)? ?regards|best wishes|sincerely|yours (?:sincerely|faithfully|truly)|cheers"
    r"|(?:serdecznie |łączę )?(?:pozdrawiam|pozdrowienia|pozdr\.?)(?: serdecznie)?|z (?:poważaniem|wyrazami szacunku|pozdrowieniami))"
    r"\s*[,.!/]*\s*",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"\s*p\.?\s?s\b|.*\?", re.IGNORECASE)
_CARD_LINES = 14
_TAIL_LINES = 40


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        short, tail = line[:_LOOKED_AT], len(lines) - number
        if short.rstrip() in {"--", "—"} or (tail <= 8 and len(short) < 120 and _DEVICE.match(short)):
            return lines[:number]
        if tail <= _TAIL_LINES and _CLOSING.fullmatch(short) and _is_card(lines[number + 1 :]):
            return lines[: number + 1] + _name_line(lines[number + 1 :])
    return lines


def _is_card(lines: list[str]) -> bool:
    """Whether what follows a closing formula is a visiting card: a few short lines that ask nothing and add nothing."""
    filled = [line for line in lines if line.strip()]
    return 2 < len(filled) <= _CARD_LINES and all(len(line) < 90 and not _POSTSCRIPT.match(line) for line in filled)


def _name_line(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()][:1]
