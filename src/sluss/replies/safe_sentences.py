"""What may be said in public when a matter goes on in private: nothing about the matter itself. In: a language. Out: sentences.

These are written to customers, in the customer's language whichever the agent's is. A company changes them in its canned answers.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Occasion = Literal["message", "link", "mail", "back"]
"""Gone on by a private message of the network, by a link to our page, by mail; and back in public, when it was answered in private."""


class Sentences(msgspec.Struct, frozen=True):
    """One for each occasion; `{link}` is the address of the private page."""

    message: str
    link: str
    mail: str
    back: str


LANGUAGES: dict[str, Sentences] = {
    "en": Sentences(
        "Thank you for writing to us. We have sent you a private message, so that nothing personal has to stand here.",
        "Thank you for writing to us. Please go on here, where only you and we can read it: {link}",
        "Thank you for writing to us. We have sent you an e-mail, so that nothing personal has to stand here.",
        "We have answered you in private. Thank you for your patience!",
    ),
    "sv": Sentences(
        "Tack för att du hör av dig. Vi har skickat ett privat meddelande till dig, så att inget personligt behöver stå här.",
        "Tack för att du hör av dig. Fortsätt gärna här, där bara du och vi kan läsa: {link}",
        "Tack för att du hör av dig. Vi har skickat dig ett mejl, så att inget personligt behöver stå här.",
        "Vi har svarat dig privat. Tack för ditt tålamod!",
    ),
    "pl": Sentences(
        "Dziękujemy za wiadomość. Napisaliśmy do Ciebie prywatnie, żeby nic osobistego nie musiało się tu pojawić.",
        "Dziękujemy za wiadomość. Prosimy o kontakt tutaj, gdzie czytamy tylko Ty i my: {link}",
        "Dziękujemy za wiadomość. Wysłaliśmy Ci e-mail, żeby nic osobistego nie musiało się tu pojawić.",
        "Odpowiedzieliśmy Ci prywatnie. Dziękujemy za cierpliwość!",
    ),
    "de": Sentences(
        "Danke für deine Nachricht. Wir haben dir privat geschrieben, damit hier nichts Persönliches stehen muss.",
        "Danke für deine Nachricht. Bitte schreib uns hier weiter, wo nur du und wir mitlesen: {link}",
        "Danke für deine Nachricht. Wir haben dir eine E-Mail geschickt, damit hier nichts Persönliches stehen muss.",
        "Wir haben dir privat geantwortet. Danke für deine Geduld!",
    ),
    "no": Sentences(
        "Takk for at du skriver til oss. Vi har sendt deg en privat melding, slik at ingenting personlig trenger å stå her.",
        "Takk for at du skriver til oss. Fortsett gjerne her, der bare du og vi kan lese: {link}",
        "Takk for at du skriver til oss. Vi har sendt deg en e-post, slik at ingenting personlig trenger å stå her.",
        "Vi har svart deg privat. Takk for tålmodigheten!",
    ),
    "da": Sentences(
        "Tak fordi du skriver til os. Vi har sendt dig en privat besked, så intet personligt behøver stå her.",
        "Tak fordi du skriver til os. Fortsæt gerne her, hvor kun du og vi kan læse med: {link}",
        "Tak fordi du skriver til os. Vi har sendt dig en e-mail, så intet personligt behøver stå her.",
        "Vi har svaret dig privat. Tak for din tålmodighed!",
    ),
    "fi": Sentences(
        "Kiitos viestistäsi. Lähetimme sinulle yksityisviestin, jottei mitään henkilökohtaista tarvitse lukea täällä.",
        "Kiitos viestistäsi. Jatketaan täällä, missä vain sinä ja me voimme lukea: {link}",
        "Kiitos viestistäsi. Lähetimme sinulle sähköpostia, jottei mitään henkilökohtaista tarvitse lukea täällä.",
        "Vastasimme sinulle yksityisesti. Kiitos kärsivällisyydestäsi!",
    ),
    "nl": Sentences(
        "Bedankt voor je bericht. We hebben je een privébericht gestuurd, zodat hier niets persoonlijks hoeft te staan.",
        "Bedankt voor je bericht. Ga hier verder, waar alleen jij en wij kunnen meelezen: {link}",
        "Bedankt voor je bericht. We hebben je een e-mail gestuurd, zodat hier niets persoonlijks hoeft te staan.",
        "We hebben je privé geantwoord. Bedankt voor je geduld!",
    ),
    "fr": Sentences(
        "Merci de nous avoir écrit. Nous vous avons envoyé un message privé, afin que rien de personnel ne figure ici.",
        "Merci de nous avoir écrit. Continuons ici, où seuls vous et nous pouvons lire : {link}",
        "Merci de nous avoir écrit. Nous vous avons envoyé un e-mail, afin que rien de personnel ne figure ici.",
        "Nous vous avons répondu en privé. Merci de votre patience !",
    ),
    "es": Sentences(
        "Gracias por escribirnos. Te hemos enviado un mensaje privado para que nada personal quede aquí.",
        "Gracias por escribirnos. Sigamos aquí, donde solo tú y nosotros podemos leer: {link}",
        "Gracias por escribirnos. Te hemos enviado un correo para que nada personal quede aquí.",
        "Te hemos respondido en privado. ¡Gracias por tu paciencia!",
    ),
    "it": Sentences(
        "Grazie per averci scritto. Ti abbiamo inviato un messaggio privato, così che qui non compaia nulla di personale.",
        "Grazie per averci scritto. Continuiamo qui, dove possiamo leggere solo tu e noi: {link}",
        "Grazie per averci scritto. Ti abbiamo inviato un'e-mail, così che qui non compaia nulla di personale.",
        "Ti abbiamo risposto in privato. Grazie per la pazienza!",
    ),
    "pt": Sentences(
        "Obrigado por nos escrever. Enviámos-lhe uma mensagem privada, para que nada de pessoal fique aqui.",
        "Obrigado por nos escrever. Continue aqui, onde só nós podemos ler: {link}",
        "Obrigado por nos escrever. Enviámos-lhe um e-mail, para que nada de pessoal fique aqui.",
        "Respondemos-lhe em privado. Obrigado pela paciência!",
    ),
}


def safe_sentence(language: str, occasion: Occasion) -> str:
    """The sentence in a language, in English where the language is not spoken here."""
    sentences = LANGUAGES.get(language[:2].lower(), LANGUAGES["en"])
    return str(getattr(sentences, occasion))
