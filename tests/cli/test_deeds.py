"""What commands have done about agents, inboxes and the outbox, on both databases."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.reindexing import is_rebuilding
from sluss.channels.contract import Check
from sluss.channels.email.channel import EmailChannel
from sluss.channels.oauth.exchange import Tokens
from sluss.channels.oauth.grants import NewGrant, keep_grant, lose_grant
from sluss.commands.agents import (
    AddAgent,
    AgentKeys,
    AllowPasswords,
    DisableAgent,
    EnableAgent,
    ListAgents,
    ResetAgent,
    ResetFactors,
    WithdrawInvitation,
)
from sluss.commands.answering import Answering
from sluss.commands.house import House
from sluss.commands.inboxes import AddInbox, ListInboxes, PauseInbox, ResumeInbox, ShowSnippet, TestInbox
from sluss.commands.outbox import HoldOutbox, LookAtOutbox, ReleaseOutbox
from sluss.commands.outcome import CONFLICT, NOT_FOUND, Stopped
from sluss.commands.search import RebuildSearch
from sluss.commands.setup_link import MakeSetupLink
from sluss.control import Fault
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Invalid
from sluss.kernel.workspaces import NewWorkspace, create_workspace
from sluss.people.factors import add_factor, kinds_in
from sluss.people.models import credentials
from sluss.people.oidc_providers import ProviderFields, save_provider
from sluss.people.passwords import fits
from sluss.people.queries import list_agents

MAILBOX = {"imap_host": "imap.norrsken.example", "smtp_host": "smtp.norrsken.example", "user": "bokning"}
JOHAN = AddAgent(name="Johan Falk", email="Johan@Norrsken.example", role="agent", language="sv", teams=("bokning",))
BOKNING = AddInbox(
    name="Bokning", address="bokning@norrsken.example", settings=MAILBOX, secrets={"password": "hemligt"}, teams=("Bokning",)
)


async def test_somebody_is_invited_with_a_link_and_shown(house: House) -> None:
    made = await JOHAN.carry_out(house)
    assert made["url"].startswith("http://127.0.0.1:8000/invitation/")
    johan = next(row for row in await ListAgents().carry_out(house) if row["name"] == "Johan Falk")
    assert (johan["email"], johan["teams"], johan["state"]) == ("johan@norrsken.example", ["Bokning"], "invited")


async def test_keys_are_carried_from_one_place_to_another(house: House) -> None:
    email = "ewa@norrsken.example"
    assert await AgentKeys(email=email, load={"solve": "shift+w", "mine": "g y", "reply": ""}).carry_out(house) == {
        "mine": "g y",
        "reply": "",
        "solve": "Shift+w",
    }
    with pytest.raises(Invalid) as refused:
        await AgentKeys(email=email, load={"solve": "n", "search": "Ctrl+t"}).carry_out(house)
    assert set(refused.value.fields) == {"solve", "search"}
    assert (await AgentKeys(email=email).carry_out(house))["solve"] == "Shift+w"
    assert await AgentKeys(email=email, load={}).carry_out(house) == {}


async def test_an_invitation_is_taken_back(house: House) -> None:
    await JOHAN.carry_out(house)
    await WithdrawInvitation(email=JOHAN.email).carry_out(house)
    assert [row["name"] for row in await ListAgents().carry_out(house)] == ["Ewa Nowak"]
    with pytest.raises(Stopped):
        await WithdrawInvitation(email=JOHAN.email).carry_out(house)


async def test_a_letter_is_promised_only_where_it_can_leave(house: House) -> None:
    by_mail = msgspec.structs.replace(JOHAN, by_mail=True)
    with pytest.raises(Stopped) as stopped:
        await by_mail.carry_out(house)
    assert stopped.value.code == CONFLICT
    house.config = msgspec.structs.replace(house.config, mail_host="mail.norrsken.example")
    assert "url" not in await by_mail.carry_out(house)


async def test_passwords_are_let_in_again(house: House) -> None:
    """The way back in when the identity provider is gone."""
    who = system((await house.workspace()).id)
    ewa = (await house.db.read(list_agents, who))[0].id
    given = ProviderFields(issuer="https://login.norrsken.example", client_id="sluss", only=True, break_glass_id=ewa)
    await house.db.write(lambda tx: save_provider(tx, who, house.sealer, given, private=False))
    assert [await AllowPasswords().carry_out(house) for _ in range(2)] == [True, False]


async def test_links_name_the_place_where_people_reach_this_server(house: House) -> None:
    house.address = "http://127.0.0.1:43211"
    assert (await JOHAN.carry_out(house))["url"].startswith("http://127.0.0.1:43211/invitation/")
    house.config = msgspec.structs.replace(house.config, base_url="https://desk.norrsken.example/")
    assert (await ResetAgent(email="ewa@norrsken.example").carry_out(house))["url"].startswith("https://desk.norrsken.example/password/")


async def test_a_password_given_is_the_one_that_opens(house: House) -> None:
    made = await msgspec.structs.replace(JOHAN, password="fyra ord räcker långt").carry_out(house)
    assert "url" not in made
    stored = house.db.read_now(
        lambda tx: tx.value(sa.select(credentials.c.password_hash).where(credentials.c.email == "johan@norrsken.example"))
    )
    assert await fits("fyra ord räcker långt", stored)


async def test_a_weak_password_is_refused_before_anything_is_made(house: House) -> None:
    with pytest.raises(Invalid) as error:
        await msgspec.structs.replace(JOHAN, password="kort").carry_out(house)
    assert "12 characters" in error.value.fields["password"]
    assert len(await ListAgents().carry_out(house)) == 1


async def test_an_agent_is_shut_out_and_let_in_again(house: House) -> None:
    await msgspec.structs.replace(JOHAN, password="fyra ord räcker långt").carry_out(house)
    await DisableAgent(email=JOHAN.email).carry_out(house)
    assert [row["state"] for row in await ListAgents().carry_out(house)] == ["active", "disabled"]
    await EnableAgent(email=JOHAN.email).carry_out(house)
    assert [row["state"] for row in await ListAgents().carry_out(house)] == ["active", "active"]


async def test_the_only_administrator_who_lost_the_second_step_comes_in_again(house: House) -> None:
    """T28: not by a page, but for whoever has the machine."""
    workspace_id = (await house.workspace("")).id
    [only] = house.db.read_now(list_agents, system(workspace_id))
    house.db.write_now(add_factor, Actor(workspace_id, "agent", only.id, only.name, "admin"), "app", "Telefon")
    await ResetFactors(email=only.email).carry_out(house)
    assert house.db.read_now(kinds_in, system(workspace_id)) == {}
    with pytest.raises(Stopped):
        await ResetFactors(email="nobody@norrsken.example").carry_out(house)


@pytest.mark.parametrize(
    ("deed", "part"),
    [
        (DisableAgent(email="nobody@norrsken.example"), "no agent nobody@norrsken.example"),
        (msgspec.structs.replace(JOHAN, teams=("Ombord",)), "There are: bokning"),
        (ListAgents(workspace="Baltic Ferries"), "norrsken"),
        (PauseInbox(inbox="nowhere"), "no inbox nowhere"),
    ],
)
async def test_what_is_not_there_is_named(house: House, deed: DisableAgent, part: str) -> None:
    with pytest.raises(Stopped) as error:
        await deed.carry_out(house)
    assert part.casefold() in error.value.sentence.casefold()
    assert error.value.code == NOT_FOUND


async def test_with_several_companies_one_must_be_named(house: House) -> None:
    house.db.write_now(create_workspace, NewWorkspace(name="Baltic Ferries", host="ferries"))
    with pytest.raises(Stopped, match=r"Which company\?.*Baltic Ferries"):
        await ListAgents().carry_out(house)
    assert await ListAgents(workspace="ferries").carry_out(house) == []


async def test_an_inbox_is_connected_paused_and_resumed(house: House) -> None:
    await BOKNING.carry_out(house)
    assert [row["state"] for row in await ListInboxes().carry_out(house)] == ["starting"]
    await PauseInbox(inbox="bokning").carry_out(house)
    assert [row["state"] for row in await ListInboxes().carry_out(house)] == ["paused"]
    await ResumeInbox(inbox="Bokning@norrsken.example").carry_out(house)
    assert [row["state"] for row in await ListInboxes().carry_out(house)] == ["starting"]


async def test_no_answer_carries_a_secret(house: House) -> None:
    await BOKNING.carry_out(house)
    assert "hemligt" not in str(await ListInboxes().carry_out(house))


async def test_an_inbox_without_a_password_says_where_it_is_connected(house: House) -> None:
    """F31: and where it is connected again."""
    await AddInbox(name="Google", address="g@norrsken.example", settings={"auth": "google"}).carry_out(house)
    [row] = await ListInboxes().carry_out(house)
    assert row["sign_in"] == f"google, not connected yet: {house.url('/settings/inboxes/')}{row['id']}"
    who, inbox_id = system((await house.workspace()).id), int(row["id"])
    new = NewGrant(provider="google", client_id="4711", account="g@norrsken.example", tokens=Tokens(access="a", renewal="hemligt"))
    house.db.write_now(keep_grant, who, house.sealer, inbox_id, new)
    assert [row["sign_in"] for row in await ListInboxes().carry_out(house)] == ["google"]
    house.db.write_now(lose_grant, who, (inbox_id, 1), "no longer")
    [row] = await ListInboxes().carry_out(house)
    assert row["sign_in"].startswith("google, connect again: http")
    assert "hemligt" not in str(row)


async def test_wrong_settings_are_named_field_by_field(house: House) -> None:
    with pytest.raises(Invalid) as error:
        await msgspec.structs.replace(BOKNING, settings={"imap_host": "two words", "imap_port": "many"}).carry_out(house)
    assert "imap_port" in error.value.fields


async def test_a_network_s_account_is_added_by_its_declared_fields(house: House) -> None:
    """T81: a secret never stands among the words, and what is wrong is told by field."""
    await BOKNING.carry_out(house)
    words = {"page_id": "104512345678901", "private_mail_inbox_id": "Bokning"}
    page = AddInbox(name="Sidan", channel="facebook", settings=words, secrets={"token": "EAAhemligt", "app_secret": "appens-hemlighet"})
    made = await page.carry_out(house)
    assert made["address"] == "facebook-104512345678901"
    assert "SLUSS_BASE_URL" in made["hook"][0]
    house.config = msgspec.structs.replace(house.config, base_url="https://desk.norrsken.example")
    other = msgspec.structs.replace(page, settings=words | {"page_id": "204512345678902"})
    hook = (await other.carry_out(house))["hook"]
    assert hook[0].endswith(
        f"https://desk.norrsken.example/hooks/{(await house.workspace()).id}/{(await ListInboxes().carry_out(house))[-1]['id']}"
    )
    assert hook[1].startswith("Verify token: ")
    assert "EAAhemligt" not in str([made, hook, await ListInboxes().carry_out(house)])
    for wrong in ({"token": "x"}, {"page_id": "Norrsken"}, {"private_chat_inbox_id": "Bokning"}):
        with pytest.raises(Invalid):
            await msgspec.structs.replace(page, settings=words | wrong).carry_out(house)


async def test_a_chat_is_added_and_says_what_goes_into_the_pages(house: House) -> None:
    await BOKNING.carry_out(house)
    words = {"origins": "https://www.norrsken.example,https://*.norrsken.example", "hours": "mon-fri 8-17", "mail_inbox_id": "Bokning"}
    made = await AddInbox(name="Webb", channel="webchat", settings=words, teams=("bokning",)).carry_out(house)
    assert await ShowSnippet(inbox="WEBB").carry_out(house) == {name: made[name] for name in ("address", "snippet", "policy")}
    assert f'{house.url("/embed/v1.js")}" data-key="{made["address"]}"' in made["snippet"]
    row = next(row for row in await ListInboxes().carry_out(house) if row["name"] == "Webb")
    assert (row["channel"], row["sign_in"], row["state"]) == ("webchat", "", "starting")
    checks = {one["name"]: one for one in await TestInbox(inbox=made["address"]).carry_out(house)}
    assert {name: one["state"] for name, one in checks.items()} == {"Web sites": "ok", "Installed": "warn", "Address": "fail"}
    assert "SLUSS_BASE_URL" in checks["Address"]["fix"]
    await PauseInbox(inbox=made["address"]).carry_out(house)
    await ResumeInbox(inbox="Webb").carry_out(house)
    with pytest.raises(Stopped, match="only chats are"):
        await ShowSnippet(inbox="Bokning").carry_out(house)
    for wrong in ({"colour": "red"}, {"hours": "always"}, {"origins": "http://www.norrsken.example"}):
        with pytest.raises(Invalid):
            await AddInbox(name="Webb", channel="webchat", settings=wrong).carry_out(house)
    with pytest.raises(Stopped):
        await AddInbox(name="Webb", channel="webchat", settings={"mail_inbox_id": "nowhere"}).carry_out(house)


async def test_trying_an_inbox_says_each_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(*_: object) -> list[Check]:
        return [Check("Incoming mail", "fail", "Nobody answers.", "Check the server.")]

    monkeypatch.setattr(EmailChannel, "test", test)
    await BOKNING.carry_out(house)
    assert (await TestInbox(inbox="Bokning").carry_out(house))[0]["fix"] == "Check the server."


async def test_the_outbox_is_held_and_released_with_an_audit_line(house: House) -> None:
    assert [row["held"] for row in await HoldOutbox().carry_out(house)] == [True]
    assert [row["held"] for row in await LookAtOutbox().carry_out(house)] == [True]
    assert [row["held"] for row in await ReleaseOutbox(workspace="Norrsken Air").carry_out(house)] == [False]
    deeds = house.db.read_now(lambda tx: tx.conn.execute(sa.text("SELECT action FROM audit")).scalars().all())
    assert {"outbox.hold", "outbox.release"} <= set(deeds)


async def test_a_server_that_is_set_up_gives_no_set_up_link(house: House) -> None:
    """A stranger with the folder's shell can reset a password, and leaves an audit line; the set-up is closed for good."""
    with pytest.raises(Stopped) as error:
        await MakeSetupLink().carry_out(house)
    assert error.value.code == CONFLICT
    assert "sluss agent reset" in error.value.sentence


async def test_the_server_answers_faults_with_their_kind(house: House) -> None:
    deeds = (PauseInbox(inbox="nowhere"), DisableAgent(email="ewa@norrsken.example"), msgspec.structs.replace(JOHAN, email="x"))
    faults = [(await Answering(house)(msgspec.json.encode(deed))).fault or Fault("", "") for deed in deeds]
    assert [fault.kind for fault in faults] == ["missing", "conflict", "invalid"]
    assert "email" in faults[2].fields


async def test_the_search_is_made_anew_in_the_background(house: House) -> None:
    """F56: lost or behind, it is rebuilt from what is stored, and says so meanwhile."""
    who = system((await house.workspace()).id)
    assert await RebuildSearch().carry_out(house) == [{"workspace": "Norrsken Air", "ordered": True}]
    assert await house.db.read(is_rebuilding, who)
