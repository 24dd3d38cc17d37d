"""Words for what networks tell. In: the short names of the contract. Out: what people read, in the language spoken."""

from __future__ import annotations

from sluss.web.locale import gettext as _


def kind_word(kind: str) -> str:
    """What a message is at its network; the network's own word where we have none."""
    return {
        "comment": _("Comment"),
        "reply": _("Reply"),
        "mention": _("Mention"),
        "quote": _("Quote"),
        "review": _("Review"),
        "post": _("Post"),
        "message": "",
        "story reply": _("Reply to a story"),
        "story mention": _("Mentioned in a story"),
        "button": _("Pressed a button"),
        "location": _("Location"),
        "contact": _("Contact card"),
        "referral": _("From an advertisement"),
        "voice": _("Voice message"),
        "sticker": _("Sticker"),
        "poll": _("Poll"),
        "order": _("Order"),
        "form": _("Filled in a form"),
        "start": _("Pressed Start"),
        "unsupported": "",
    }.get(kind, kind)


def audience_word(audience: str) -> str:
    """Who can see it, where that is less than everybody."""
    return {
        "public": "",
        "unlisted": _("Not in public lists"),
        "private": _("Followers only"),
        "followers": _("Followers only"),
        "direct": _("Only those named"),
    }.get(audience, audience)


def removed_sentence(by: str, network: str) -> str:
    """Who took a message away."""
    if by == "author":
        return _("Removed by its author. The words are kept here only.")
    if by == "us":
        return _("Removed by us. The words are kept here only.")
    if by == "network":
        return _("Removed by %(network)s. The words are kept here only.") % {"network": network}
    return _("No longer on %(network)s. The words are kept here only.") % {"network": network}


def personal_word(kind: str) -> str:
    """What was found in a text that everybody reads."""
    return {
        "card": _("a card number"),
        "iban": _("an account number"),
        "account": _("an account number"),
        "national": _("a personal identity number"),
        "booking": _("a booking number"),
        "password": _("a password"),
        "email": _("an e-mail address"),
        "phone": _("a phone number"),
        "address": _("a home address"),
        "own": _("a number of ours"),
    }.get(kind, _("something personal"))


def deed_label(kind: str, *, ours: bool) -> str:
    """What stands on the button."""
    return {
        "hide": _("Hide"),
        "unhide": _("Show again"),
        "delete": _("Delete…") if ours else _("Delete for everybody…"),
        "like": _("Like"),
        "unlike": _("Take back the like"),
        "block": _("Block the author…"),
        "unblock": _("Unblock the author"),
        "react": _("React…"),
        "edit": _("Edit…"),
        "report": _("Report to the network…"),
    }.get(kind, kind)


def going(kind: str) -> str:
    """A deed on its way."""
    return {
        "hide": _("Being hidden"),
        "unhide": _("Being shown again"),
        "delete": _("Being deleted"),
        "like": _("Being liked"),
        "unlike": _("The like is being taken back"),
        "block": _("The author is being blocked"),
        "unblock": _("The author is being unblocked"),
        "react": _("The reaction is on its way"),
        "edit": _("The new text is on its way"),
        "report": _("Being reported"),
    }.get(kind, kind)


def failed(kind: str) -> str:
    """A deed that did not come about."""
    return {
        "hide": _("Not hidden"),
        "unhide": _("Not shown again"),
        "delete": _("Not deleted"),
        "like": _("Not liked"),
        "unlike": _("The like was not taken back"),
        "block": _("The author was not blocked"),
        "unblock": _("The author was not unblocked"),
        "react": _("The reaction did not arrive"),
        "edit": _("Not edited"),
        "report": _("Not reported"),
    }.get(kind, kind)
