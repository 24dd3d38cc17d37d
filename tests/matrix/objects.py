"""One of everything that an address can name, in three places: two inboxes of Norrsken Air, one of Baltic Ferries.

A new path parameter needs one line in `fill`, a new form that wants fields one in `FIELDS`. The matrix finds the routes by itself.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sluss.broadcast.models import publications
from sluss.broadcast.notices import NoticeFields, Saying, say_something, write_notice
from sluss.cards.sources import SourceFields, save_source
from sluss.cases.access import access_case, access_case_no, access_message
from sluss.cases.models import attachments, cases, conversations, messages
from sluss.cases.recording import Arrival, StoredFile, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.channels.models import inbox_trials
from sluss.config import Config
from sluss.contacts.attributes import AttributeFields, save_attribute
from sluss.contacts.consents import add_purpose
from sluss.contacts.identities import add_identity
from sluss.contacts.models import identities
from sluss.contacts.notes import write_contact_note
from sluss.desk.bulk import Chosen, begin
from sluss.desk.many import Deed
from sluss.desk.saved import NewView, save_view
from sluss.intake.models import envelopes
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.sealing import Sealer
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.merging.contacts import Choice, merge_contacts
from sluss.merging.merge import merge_cases
from sluss.moderation.answers import propose_answer
from sluss.moderation.matters import open_matter
from sluss.moderation.models import matter_log, step_proposals
from sluss.people.actions import NewAgent
from sluss.people.factors import add_factor
from sluss.people.invitations import invite
from sluss.people.models import agents, api_tokens, letters, sessions
from sluss.people.sessions import Browser, open_session
from sluss.privacy.models import erasures, exports
from sluss.proposals.models import proposals
from sluss.replies.attaching import NewFile
from sluss.replies.canned.actions import Content, create_answer
from sluss.replies.canned.audience import Audience
from sluss.replies.canned.files import add_file
from sluss.replies.macros.actions import MacroContent, create_macro
from sluss.replies.macros.running import run_macro
from sluss.replies.macros.steps import Rank
from sluss.replies.models import sluices
from sluss.replies.sending import SendReply, send_reply
from tests.world import Company, World

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

Ids = dict[str, str]

MISSING = "1999999999"

FIELDS: dict[str, dict[str, Any]] = {
    "/cases/{no}/reply": {"body": "Vi letar.", "anyway": "1"},
    "/cases/{no}/note": {"body": "Ring i morgon."},
    "/cases/{no}/draft": {"kind": "note", "body": "Ring"},
    "/cases/{no}/presence": {"doing": "reading", "tab": "0123456789ab"},
    "/cases/{no}/side": {"to": "drift@hotell.example", "about": "Rummet", "body": "Är det ledigt?", "quote": "{message_id}"},
    "/cases/{no}/undo": {"operation": "{undo}"},
    "/cases/{no}/sluice": {"by": "link", "said": "Fortsätt här: {{link}}"},
    "/messages/{message_id}/deeds": {"kind": "hide"},
    "/conversations/new": {"inbox": "{inbox_id}", "to": "bo@kund.example", "subject": "Väskan", "body": "Vi har den."},
    "/cases/{no}/forward": {"to": "drift@hotell.example", "m": "{message_id}"},
    "/cases/{no}/status": {"status": "pending"},
    "/cases/{no}/merge": {"other": "{other_no}"},
    "/cases/{no}/move": {"m": "{message_id}", "where": "there", "to": "{other_no}"},
    "/customers/{contact_id}/merge": {"other": "{other_contact}"},
    "/customers/{contact_id}/part": {"identity": "{identity_id}"},
    "/cases/{no}/ready": {"answer": "{shared_answer}"},
    "/cases/{no}/macro": {"macro": "{macro_id}", "anyway": "1"},
    "/cases/{no}/macro/undo": {"run": "{run}"},
    "/settings/answers/new": {"name": "Ny", "text-sv": "Hej, vi letar efter den.", "whom": "owner"},
    "/settings/answers/{answer_id}": {"name": "Egen", "text-sv": "Hej!", "whom": "owner", "revision": "1"},
    "/settings/answers/{answer_id}/restore": {"revision": "1"},
    "/settings/answers/{answer_id}/files/remove": {"file": "{canned_file}"},
    "/settings/macros/new": {"name": "Ny", "tags": "väska", "whom": "owner"},
    "/settings/macros/{macro_id}": {"name": "Eget", "tags": "väska", "whom": "owner", "revision": "1"},
    "/cases/{no}/priority": {"priority": "high"},
    "/cases/{no}/tags": {"new": "väska"},
    "/proposals/{proposal}/link": {"no": "{number}"},
    "/proposals/{proposal}/refuse": {"no": "{number}"},
    "/proposals/{proposal}/reopen": {"no": "{number}"},
    "/operations/{operation}/retry": {"anyway": "1"},
    "/views/{view_id}": {"name": "Nya", "f": "is:open"},
    "/views/{view_id}/move": {"way": "up"},
    "/cases/{no}/follow": {"follow": "1"},
    "/me/quiet": {"until": "hour"},
    "/me/factors/{factor_id}": {"name": "Telefon"},
    "/settings/agents/{agent_id}": {"name": "Ola Berg", "email": "ola@{host}", "role": "agent", "locale": "en"},
    "/settings/teams/{team_id}": {"name": "Ny {team_id}"},
    "/settings/inboxes/{inbox_id}/edit": {"name": "Kundtjänst", "address": "info@{host}", "ways": "lmtp", "smtp_host": "smtp.{host}"},
    "/settings/quarantine/{envelope_id}/discard": {"sure": "1"},
    "/settings/privacy/contacts/{contact_id}/erase": {"mode": "erase", "typed": "{contact_id}"},
    "/settings/privacy/rules": {"read_months": "13"},
    "/settings/mail-sign-in": {
        "provider": "google",
        "client_id": "4711-sluss.apps.googleusercontent.com",
        "client_secret": "hemligt-ord-1",
    },
    "/settings/chats/{chat_id}/sites": {"origin": "https://www.example.com"},
    "/notices/new": {"title": "Driftstörning", "text": "Vi arbetar på det.", "deed": "draft"},
    "/notices/{notice_id}": {"title": "Driftstörning", "kind": "outage"},
    "/notices/{notice_id}/say": {"kind": "update", "text": "Snart."},
    "/notices/{notice_id}/link": {"no": "{number}"},
    "/notices/{notice_id}/unlink": {"no": "{number}"},
    "/notices/{notice_id}/answer": {"answer": "Det fungerar igen."},
    "/settings/networks/connect": {"channel": "facebook", "app_id": "998877665544332", "app_secret": "appens-hemlighet-1"},
    "/settings/mail-sign-in/remove": {"provider": "google"},
    "/customers/{contact_id}/name": {"name": "Åsa {contact_id}"},
    "/customers/{contact_id}/language": {"language": "sv"},
    "/customers/{contact_id}/zone": {"zone": "Europe/Stockholm"},
    "/customers/{contact_id}/identities": {"address": "x{contact_id}@kund.example"},
    "/customers/{contact_id}/identities/doubt": {"identity": "{identity_id}"},
    "/customers/{contact_id}/identities/remove": {"identity": "{loose_id}"},
    "/customers/{contact_id}/identities/verify": {"identity": "{identity_id}"},
    "/customers/{contact_id}/notes": {"text": "Ring i morgon."},
    "/customers/{contact_id}/notes/change": {"note": "{about_id}", "text": "Ring."},
    "/customers/{contact_id}/notes/pin": {"note": "{about_id}", "pinned": "1"},
    "/customers/{contact_id}/notes/remove": {"note": "{about_id}"},
    "/customers/{contact_id}/notes/restore": {"note": "{about_id}"},
    "/customers/{contact_id}/attributes": {"attribute": "{attribute_id}", "value": "Guld"},
    "/customers/{contact_id}/consents": {"purpose": "{purpose_id}", "state": "given"},
    "/customers/{contact_id}/cards": {"source": "{source_id}"},
    "/settings/attributes/move": {"attribute": "{attribute_id}", "up": "1"},
    "/settings/attributes/archive": {"attribute": "{attribute_id}"},
    "/settings/attributes/purposes/archive": {"id": "{purpose_id}"},
    "/settings/cards/{source_id}": {
        "name": "CRM {source_id}",
        "url": "https://127.0.0.1/",
        "secret": "hemligt-ord-hemligt",
        "patience": "200",
        "minutes": "5",
    },
    "/moderation/messages/{said_id}": {"step": "leave"},
    "/moderation/messages/{said_id}/undo": {"line": "{line_id}"},
    "/settings/moderation/approval": {"inbox": "{inbox_id}", "whose": "none"},
    "/moderation/answers/{waiting_id}": {"deed": "change", "text": "Vi letar."},
    "/settings/moderation/rules/{rule}": {
        "title": "Elakheter",
        "plain": "Vi skäller inte.",
        "by_itself": "flag",
        "up_to": "ask",
        "wait_minutes": "5",
    },
    "/settings/tokens": {"name": "Export", "scope": "cases:read", "agent": "{agent_id}"},
    "/me/tokens": {"name": "Export", "scope": "cases:read"},
}
"""What a form wants before it looks at its object; `{name}` is the id of the same place."""

QUERY = {"/cases/{no}/move": "?m={message_id}", "/cases/{no}/earlier": "?before={message_id}"}
NEEDS_FILE = {"/cases/{no}/files", "/settings/answers/{answer_id}/files"}
JSON_FIELDS: dict[str, dict[str, Any]] = {
    "/api/v1/cases/{number}": {"priority": "high"},
    "/api/v1/cases/{number}/merge": {"other": "{other_no}"},
    "/api/v1/moves/{move}/undo": {},
    "/api/v1/cases/{number}/notes": {"text": "Ring i morgon."},
    "/api/v1/cards": {"network": "email", "address": "{kund}", "source": "Kort", "cards": []},
    "/api/v1/cases/{number}/replies": {"text": "Vi letar vidare."},
}


class Place:
    """What one inbox holds, and the ids of everything around it."""

    def __init__(self, db: Database, files: FileStore, company: Company, inbox: str) -> None:
        self.db, self.key, self.company, self.inbox = db, inbox, company, company.inboxes[inbox]
        self.marker = f"MARK-{inbox}-MARK"
        self._digest, self._sealer = files.put(PIXEL), Sealer.of(files.folder.parent)
        self._sluss = system(company.id)

    def fill(self, owner: Actor, agents: tuple[int, ...], team_id: int) -> Ids:
        """Make one of everything; `agents` are somebody to change and somebody whose session it is."""
        victim, mine = agents
        ids: Ids = {"workspace_id": str(self.company.id), "inbox_id": str(self.inbox.id), "agent_id": str(victim), "team_id": str(team_id)}
        ids |= self.db.write_now(self._case, owner)
        ids |= self.db.write_now(self._ready, owner, int(ids["number"]))
        ids |= {"proposal": str(self.db.write_now(self._proposal, int(ids["message_id"])))}
        ids |= {"envelope_id": str(self.db.write_now(self._envelope)), "trial_id": str(self.db.write_now(self._trial))}
        ids |= {"session_id": str(self.db.write_now(self._session, mine)), "view": f"inbox:{self.inbox.id}"}
        ids |= {"factor_id": str(self.db.write_now(self._factor, mine))}
        ids |= self.db.write_now(self._of_the_desk, mine, ids["no"])
        ids |= {"token_id": str(self.db.write_now(self._api_token, mine))}
        ids |= self.db.write_now(self._invited)
        ids |= self.db.write_now(self._known, owner, int(ids["contact_id"]))
        ids |= self.db.write_now(self._moved, ids)
        ids |= self.db.write_now(self._moderated, owner)
        ids |= self.db.write_now(self._privacy, mine, int(ids["contact_id"]))
        ids |= self.db.write_now(self._chat)
        ids |= self.db.write_now(self._notice, victim, int(ids["chat_id"]))
        ids |= self.db.write_now(self._passed, ids)
        return ids | {"act": "pause", "token": "x" * 43, "name": "nothing.css", "host": self.company.host}

    def _ready(self, tx: Tx, owner: Actor, number: int) -> Ids:
        """An answer and a macro of the owner's own, and an answer for this inbox."""
        mine, here = Audience(whom="owner"), Audience(whom="chosen", inbox_ids=(self.inbox.id,))
        said = Content(name=self.marker, texts={"sv": f"{self.marker} Hej!"}, audience=mine)
        answer_id = create_answer(tx, owner, said)
        file_id = add_file(tx, owner, answer_id, NewFile(f"{self.marker}.png", "image/png", len(PIXEL), self._digest))
        shared = create_answer(tx, self._sluss, Content(name=f"{self.marker} alla", texts={"sv": f"{self.marker} Tack!"}, audience=here))
        macro_id = create_macro(tx, owner, MacroContent(name=self.marker, steps=(Rank("low"),), audience=mine))
        case = sa.select(cases.c.id).where(cases.c.workspace_id == self.company.id, cases.c.number == number)
        run = run_macro(tx, owner, int(tx.value(case)), macro_id).run_id
        made = {"answer_id": answer_id, "shared_answer": shared, "canned_file": file_id, "macro_id": macro_id, "run": run}
        return {name: str(one) for name, one in made.items()}

    def _proposal(self, tx: Tx, message_id: int) -> int:
        """Another case at the same inbox that may be the same."""
        text = f"{self.marker} Hej igen!"
        sender, key = Address(f"2{self.marker.lower()}@kund.example", f"Åsa {self.marker}"), f"2{self.marker}"
        inbound = Inbound(external_id=f"{key}@kund.example", dedupe_key=key, sender=sender, subject=self.marker, text=text, fresh=text)
        shared: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": tx.now}
        [other] = record_arrivals(
            tx, self._sluss, [Arrival(envelope_id=self._envelope(tx, "done"), inbox_id=self.inbox.id, inbound=inbound, **shared)]
        )
        spoken = sa.select(conversations.c.case_id).join(messages, messages.c.conversation_id == conversations.c.id)
        case_id, other_id = (int(tx.value(spoken.where(messages.c.id == one))) for one in (message_id, other.message_id))
        row = {
            "workspace_id": self.company.id,
            "id": tx.new_id(),
            "case_id": case_id,
            "other_id": other_id,
            "reason": "person",
            "score": 60,
        }
        row |= {"message_id": message_id, "other_message_id": other.message_id, "state": "open", "at": tx.now}
        tx.run(sa.insert(proposals), row)
        return int(row["id"])

    def _invited(self, tx: Tx) -> Ids:
        """Somebody who is invited, and the letter that did not reach them."""
        new = NewAgent(name=f"{self.marker} Ny", email=f"{self.key}.ny@{self.company.host}")
        invitation_id = invite(tx, self._sluss, new, by_mail=True)
        mine = letters.c.invitation_id == invitation_id
        tx.run(sa.update(letters).where(mine).values(state="failed", due_at=None, error="no such mailbox"))
        return {"invitation_id": str(invitation_id), "letter_id": str(tx.value(sa.select(letters.c.id).where(mine)))}

    def _case(self, tx: Tx, owner: Actor) -> Ids:
        file = StoredFile(f"{self.marker}.png", "image/png", len(PIXEL), self._digest, "")
        text = f"{self.marker} Hej!"
        inbound = Inbound(
            external_id=f"{self.marker}@kund.example",
            dedupe_key=self.marker,
            sender=Address(f"{self.marker.lower()}@kund.example", f"Åsa {self.marker}"),
            subject=self.marker,
            text=text,
            fresh=text,
            html=f"<p>{text}</p>",
        )
        shared: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": tx.now}
        [recorded] = record_arrivals(
            tx,
            self._sluss,
            [Arrival(envelope_id=self._envelope(tx, "done"), inbox_id=self.inbox.id, inbound=inbound, files=(file,), **shared)],
        )
        number = tx.new_id() % 1_000_000_000
        newest = sa.select(sa.func.max(cases.c.id)).where(cases.c.workspace_id == self.company.id)
        case_id = int(tx.value(newest))
        tx.run(sa.update(cases).where(cases.c.id == case_id).values(number=number))
        operation, undo = (_answer(tx, owner, case_id, text) for text in ("Vi letar.", "Vi hittade den."))
        file_id = tx.value(sa.select(attachments.c.id).where(attachments.c.message_id == recorded.message_id))
        contact_id = tx.value(sa.select(cases.c.contact_id).where(cases.c.id == case_id))
        found = {"number": number, "no": number, "message_id": recorded.message_id, "file_id": file_id, "contact_id": contact_id}
        return {name: str(one) for name, one in found.items()} | {"operation": operation, "undo": undo}

    def _known(self, tx: Tx, owner: Actor, contact_id: int) -> Ids:
        """What is known of the contact: addresses, a note, what is asked of everybody, a system that nobody can reach."""
        of = int(tx.value(sa.select(sa.func.min(identities.c.id)).where(identities.c.contact_id == contact_id)))
        found = {"identity_id": of, "loose_id": add_identity(tx, self._sluss, contact_id, f"loose.{self.key}@kund.example")}
        found["about_id"] = write_contact_note(tx, owner, contact_id, f"{self.marker} Ring.")
        found["attribute_id"] = save_attribute(tx, self._sluss, 0, AttributeFields(label=f"Nivå {self.key}"))
        found["purpose_id"] = add_purpose(tx, self._sluss, f"Brev {self.key}")
        fields = SourceFields(name=f"Bokningar {self.key}", url="https://127.0.0.1/", secret="hemligt-ord-hemligt")
        found["source_id"] = save_source(tx, self._sluss, (self._sealer, False), 0, fields)
        return {name: str(one) for name, one in found.items()} | {"kund": f"{self.marker.lower()}@kund.example"}

    def _moved(self, tx: Tx, ids: Ids) -> Ids:
        """A case of another customer, both merged into those that are there, and one that could be."""
        merged, other = (self._another(tx, name) for name in ("2", "3"))
        known = {one: access_case(tx, self._sluss, int(access_message(tx, self._sluss, one).case_id)) for one in (merged, other)}
        contact_move = merge_contacts(tx, self._sluss, int(ids["contact_id"]), known[merged].contact_id, Choice())
        move = merge_cases(tx, self._sluss, access_case_no(tx, self._sluss, int(ids["no"])).id, known[merged].id)
        found = {"move": move, "contact_move": contact_move}
        found |= {"other_no": known[other].number, "other_contact": known[other].contact_id}
        return {name: str(one) for name, one in found.items()}

    def _moderated(self, tx: Tx, owner: Actor) -> Ids:
        """A public message that was found, a step that the owner proposes, and an answer of the owner's that waits."""
        key, sender = f"4{self.marker}", Address(f"4{self.marker.lower()}@kund.example", f"Åsa {self.marker}")
        said = Inbound(external_id=key, dedupe_key=key, sender=sender, subject="", text=self.marker, fresh=self.marker, visibility="public")
        place: dict[str, Any] = {"network": "email", "visibility": "public", "reopen_days": 14, "received_at": tx.now}
        arrival = Arrival(envelope_id=self._envelope(tx, "done"), inbox_id=self.inbox.id, inbound=said, **place)
        [recorded] = record_arrivals(tx, self._sluss, [arrival])
        matter, spoken = open_matter(tx, self._sluss, recorded.message_id, "abuse", self.marker)
        step = {"workspace_id": self.company.id, "id": tx.new_id(), "matter_id": matter.id, "step": "block", "reason": self.marker}
        step |= {"proposed_by": owner.id, "at": tx.now, "expires_at": tx.now + DAY, "state": "open"}
        tx.run(sa.insert(step_proposals), step)
        waiting_id = propose_answer(tx, owner, SendReply(op=f"wait-{self.key}", case_id=spoken.case_id, text=f"{self.marker} Vi letar."))
        line_id = tx.value(sa.select(sa.func.max(matter_log.c.id)).where(matter_log.c.matter_id == matter.id))
        more = {"line_id": str(line_id), "rule": "abuse"}
        return more | {"said_id": str(recorded.message_id), "step_id": str(step["id"]), "waiting_id": str(waiting_id)}

    def _another(self, tx: Tx, name: str) -> int:
        """The message of another case."""
        told: dict[str, Any] = {"external_id": f"{self.marker}{name}@kund.example", "dedupe_key": f"{self.marker}{name}"}
        told |= {"subject": self.marker, "text": self.marker, "fresh": self.marker}
        mail = Inbound(**told, sender=Address(f"{self.marker.lower()}{name}@kund.example", f"Åsa {self.marker}"))
        place: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": tx.now}
        arrival = Arrival(envelope_id=self._envelope(tx, "done"), inbox_id=self.inbox.id, inbound=mail, **place)
        [recorded] = record_arrivals(tx, self._sluss, [arrival])
        return recorded.message_id

    def _envelope(self, tx: Tx, state: str = "quarantined") -> int:
        envelope_id, raw = tx.new_id(), f"Subject: {self.marker}\r\n\r\n".encode()
        row = {"workspace_id": self.company.id, "id": envelope_id, "inbox_id": self.inbox.id, "state": state, "received_at": tx.now}
        row |= {"recipients": [], "size": len(raw), "digest": "", "raw": raw, "attempts": 1, "outcome": "", "reason": "no sender"}
        tx.run(sa.insert(envelopes), row | {"message_id": None, "settled_at": tx.now})
        return envelope_id

    def _chat(self, tx: Tx) -> Ids:
        """A chat; its key is what every visitor of the company's web site knows."""
        fields = InboxFields(name=f"Chatt {self.key}", address=f"chat-{self.key:0<16.16}", settings={})
        return {"chat_id": str(create_inbox(tx, self._sluss, self._sealer, "webchat", fields)), "key": fields.address}

    def _passed(self, tx: Tx, ids: Ids) -> Ids:
        """A matter that went from public to private."""
        case_id = access_message(tx, self._sluss, int(ids["message_id"])).case_id
        row: dict[str, Any] = {"workspace_id": self.company.id, "id": tx.new_id(), "case_id": case_id}
        row |= {"public_id": int(ids["message_id"]), "way": "link", "agent_id": int(ids["agent_id"]), "at": tx.now, "operation_ids": []}
        tx.run(sa.insert(sluices), row)
        return {"sluice": str(row["id"])}

    def _notice(self, tx: Tx, agent_id: int, chat_id: int) -> Ids:
        """Something that everybody of the company is told, on the chat; a place where it was not published."""
        lead = Actor(self.company.id, "agent", agent_id, role="lead", inbox_ids=None)
        notice_id = write_notice(tx, lead, NoticeFields(title="Driftstörning"))
        bulletin_id = say_something(tx, lead, notice_id, Saying(kind="first", text="Vi arbetar på det.", chat_ids=(chat_id,)))
        row: dict[str, Any] = {"workspace_id": self.company.id, "id": tx.new_id(), "notice_id": notice_id, "bulletin_id": bulletin_id}
        row |= {
            "inbox_id": self.inbox.id,
            "text": "Vi arbetar på det.",
            "external_id": "x",
            "network_key": "",
            "url": "",
            "state": "failed",
        }
        row |= {"handed_over": False, "waits": 0, "unknowns": 0, "begun_at": None, "due_at": tx.now, "give_up_at": tx.now, "sent_at": None}
        tx.run(sa.insert(publications), row | {"code": "", "reason": "no"})
        return {"notice_id": str(notice_id), "publication_id": str(row["id"])}

    def _trial(self, tx: Tx) -> int:
        trial_id = tx.new_id()
        row = {"workspace_id": self.company.id, "id": trial_id, "inbox_id": self.inbox.id, "started_at": tx.now, "ended_at": tx.now}
        tx.run(sa.insert(inbox_trials), row | {"checks": []})
        return trial_id

    def _privacy(self, tx: Tx, agent_id: int, contact_id: int) -> Ids:
        key = {"workspace_id": self.company.id, "contact_id": contact_id, "agent_id": agent_id}
        export = key | {"id": tx.new_id(), "language": "en", "notes": True, "state": "ready", "at": tx.now, "expires_at": tx.now + DAY}
        tx.run(sa.insert(exports), export | {"attempts": 0, "digest": self._digest, "size": len(PIXEL)})
        erasure = key | {
            "id": tx.new_id(),
            "agent_id": None,
            "mode": "erase",
            "state": "asked",
            "asked_at": tx.now,
            "starts_at": tx.now + DAY,
        }
        tx.run(sa.insert(erasures), erasure | {"phase": "begin", "cursor": 0, "until": 0, "addresses": [], "counts": {}})
        return {"export_id": str(export["id"]), "erasure_id": str(erasure["id"])}

    def _of_the_desk(self, tx: Tx, agent_id: int, no: str) -> Ids:
        """A saved view of the agent's own, and something they did to a case along with others."""
        agent = Actor(self.company.id, "agent", agent_id, role="agent", inbox_ids=None)
        view_id = save_view(tx, agent, NewView(name=self.marker, filter="is:open"))
        run = begin(tx, agent, Deed("tag", "väska"), Chosen(numbers=(int(no),)))
        return {"view_id": str(view_id), "deed_id": str(run.id)}

    def _factor(self, tx: Tx, agent_id: int) -> int:
        return add_factor(tx, Actor(self.company.id, "agent", agent_id), "app", "Telefon")

    def _session(self, tx: Tx, agent_id: int) -> int:
        open_session(tx, self.company.id, agent_id, Browser("Firefox on Linux", "192.0.2.1"), Config())
        return int(tx.value(sa.select(sa.func.max(sessions.c.id)).where(sessions.c.agent_id == agent_id)))

    def _api_token(self, tx: Tx, agent_id: int) -> int:
        token_id, key = tx.new_id(), {"workspace_id": self.company.id, "agent_id": agent_id, "created_by": agent_id}
        # Who reads no case gave the token another name: the marker stands for what is in the inbox.
        name = "Export" if tx.value(sa.select(agents.c.role).where(agents.c.id == agent_id)) == "field" else self.marker
        row = key | {"id": token_id, "token_hash": hash_of(str(token_id)), "name": name, "hint": "abcd", "scopes": ["cases:read"]}
        row |= {"networks": "", "created_at": tx.now, "expires_at": None, "used_at": None, "used_from": "", "revoked_at": None}
        tx.run(sa.insert(api_tokens), row)
        return token_id


def _answer(tx: Tx, owner: Actor, case_id: int, text: str) -> str:
    departure = send_reply(tx, owner, SendReply(op=f"{case_id} {text}"[:32], case_id=case_id, text=text, anyway=True))
    return str(departure.operation_ids[0])


PLACES = {"kundtjanst": ("johan", "ola", "stockholm"), "obsluga": ("petra", "ola", "gdansk"), "ferries": ("ania", "ania", "port")}
"""Each place with who answers there, whom an administrator changes, and its team."""


def fill_places(db: Database, world: World, folder: Path, caller: tuple[str, str]) -> dict[str, Ids]:
    """Ids by place. What belongs to one agent is the caller's in the caller's own place: `caller` is who and where."""
    files = FileStore(folder / "files")
    return {
        place: _fill(world, Place(db, files, _company(world, place), place), caller[0] if caller[1] == place else "") for place in PLACES
    }


def _fill(world: World, place: Place, caller: str) -> Ids:
    owner, victim, team = PLACES[place.key]
    works = caller and world.who(caller).role in ("admin", "lead", "agent")
    agents = place.company.agents
    return place.fill(world.who(caller if works else owner), (agents[victim], agents[caller or victim]), place.company.teams[team])


def _company(world: World, place: str) -> Company:
    return world.ferries if place == "ferries" else world.norrsken


def json_for(path: str, ids: Ids) -> dict[str, Any]:
    """What an API route is sent; numbers of cases are whole numbers there, and not text."""
    told = {name: one.format(**ids) if isinstance(one, str) else one for name, one in JSON_FIELDS[path].items()}
    return told | {name: int(told[name]) for name in {"other"} & told.keys()}


def missing_ids(own: Ids) -> Ids:
    """Ids that nobody has; what names no object stays as it is."""
    kept = {name: own[name] for name in ("act", "host", "workspace_id", "key")}
    return dict.fromkeys(own, MISSING) | {"view": f"inbox:{MISSING}", "token": "y" * 43, "name": "other.css"} | kept
