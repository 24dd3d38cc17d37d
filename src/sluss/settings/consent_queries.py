"""How the workspace stands at mail providers. In: rows. Out: screens."""

from __future__ import annotations

import msgspec

from sluss.channels.inboxes import Inbox, access_inbox, list_inboxes
from sluss.channels.oauth.applications import Registered, registered
from sluss.channels.oauth.consents import Outcome, outcome_of
from sluss.channels.oauth.grants import list_grants
from sluss.channels.oauth.providers import NAMES, Provider, provider_named
from sluss.config import Config
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.settings.consent_screens import ApplicationForm, MailSignIn, ProviderLine
from sluss.settings.screens import Choice, Connect, InboxForm
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

CONSOLES = {
    "google": "https://console.cloud.google.com/apis/credentials",
    "microsoft": "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
}


def mail_sign_in_screen(tx: Tx, who: Actor, config: Config) -> MailSignIn:
    """Both providers, with what is entered."""
    found = registered(tx, who, config)
    used = [one.settings.get("auth") for one in list_inboxes(tx, who)]
    return MailSignIn(lines=tuple(_line(name, found.get(name), used.count(name)) for name in NAMES))


def application_screen(tx: Tx, who: Actor, config: Config, asked: tuple[str, str], form: Form | None = None) -> ApplicationForm:
    """The form of one provider; `asked` is its name and the address that it shall lead back to."""
    name, redirect_uri = asked
    provider, found = provider_named(name), registered(tx, who, config).get(name)
    own = {"client_id": found.client_id, "tenant": found.tenant} if found and not found.shared else {"tenant": "common"}
    used = sum(one.settings.get("auth") == name for one in list_inboxes(tx, who))
    return ApplicationForm(
        line=_line(name, found, used),
        form=form or Form(values=own),
        redirect_uri=redirect_uri,
        scopes=provider.mail_scopes,
        console=CONSOLES[name],
    )


def connect_of(tx: Tx, who: Actor, config: Config, inbox_id: int, consent_id: int | None) -> Connect | None:
    """How an inbox stands at its provider; None when it signs in with a password."""
    inbox = access_inbox(tx, who, inbox_id)
    auth = inbox.settings.get("auth")
    if auth not in NAMES:
        return None
    provider, grant = provider_named(auth), list_grants(tx, who).get(inbox_id)
    outcome = outcome_of(tx, who, inbox_id, consent_id) if consent_id is not None else None
    connect = Connect(
        label=provider.label,
        state=grant.state if grant else "none",
        ready=auth in registered(tx, who, config),
        says=_outcome(outcome, inbox, provider) if outcome is not None else "",
        well=outcome is not None and outcome.word == "connected",
    )
    if grant is None:
        return connect
    return msgspec.structs.replace(connect, account=grant.account, since=grant.connected_at, reason=_(grant.reason) if grant.reason else "")


def with_auths(tx: Tx, who: Actor, config: Config, screen: InboxForm) -> InboxForm:
    """A form with the ways to sign in; what needs an application that nobody has entered is not chosen beforehand."""
    found = registered(tx, who, config)
    choices = [Choice(id="password", label=_("Password"), detail=_("Of the mailbox, often an app password made at the provider."))]
    for name in NAMES:
        label = provider_named(name).label
        detail = _("Sluss keeps no password. After saving, you give permission at %(provider)s.") % {"provider": label}
        if name not in found:
            detail = _("First enter an application at %(provider)s, under Settings, Mail sign-in.") % {"provider": label}
        choices.append(Choice(id=name, label=_("Connect with %(provider)s") % {"provider": label}, detail=detail))
    values = dict(screen.form.values)
    if screen.preset == "gmail" and values.get("auth") == "google" and "google" not in found and not screen.form.errors:
        values["auth"] = "password"
    return msgspec.structs.replace(screen, auths=tuple(choices), form=msgspec.structs.replace(screen.form, values=values))


def expired_sentence() -> str:
    """What is said when nobody knows any more which inbox a consent was for."""
    return _("This permission took longer than ten minutes, was used before, or was begun in another browser. Connect the inbox again.")


def _line(name: str, found: Registered | None, inboxes: int) -> ProviderLine:
    label = provider_named(name).label
    if found is None:
        return ProviderLine(name=name, label=label, inboxes=inboxes)
    return ProviderLine(name=name, label=label, entered=True, shared=found.shared, client_id=found.client_id, inboxes=inboxes)


def _outcome(outcome: Outcome, inbox: Inbox, provider: Provider) -> str:
    """How a consent ended, with what to do."""
    sentences = {
        "connected": _("Connected as %(account)s."),
        "denied": _("The permission was not given at %(provider)s, so nothing was connected."),
        "mismatch": _(
            "You signed in at %(provider)s as %(account)s, but this inbox is %(address)s. Nothing was kept. "
            "Connect again, and choose %(address)s there."
        ),
        "unchecked": _("The permission came without reading and sending mail. Connect again, and leave every box ticked."),
        "lasting": _(
            "%(provider)s gave no lasting access. Remove Sluss there, among the apps that the account is connected to, and connect again."
        ),
        "application": _("%(provider)s does not accept the application. Look at its ID and secret under Mail sign-in."),
        "down": _("%(provider)s could not be reached, or gave no usable answer. Nothing was kept; try again in a minute."),
        "failed": _("What %(provider)s answered cannot be used. Nothing was kept; connect again."),
        "expired": expired_sentence(),
    }
    return sentences.get(outcome.word, "") % {"account": outcome.account, "provider": provider.label, "address": inbox.address}
