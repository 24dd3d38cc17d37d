"""An erasure reaches every table: each is reached by references, swept for addresses, emptied by hand, or holds nothing of customers."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.migrations import every_table
from sluss.privacy.reach import BESIDE, PARTS
from sluss.privacy.sweeping import SMALL, SWEPT

BY_HAND = {
    *("envelopes", "envelope_keys", "message_keys", "events", "reads", "erasures", "loose_files"),
    "parked_events",  # only what went wrong with an event; swept with the small ones
    *("visitors", "visitor_codes", "visitor_devices", "visitor_letters", "letters"),  # see privacy/visiting.py
}
"""Removed or emptied beside the references, each in a place that names it."""

NOTHING_OF_CUSTOMERS = {
    *("agents", "agent_identities", "api_tokens", "credentials", "factors", "invitations", "known_devices", "letter_settings"),
    *("oidc_providers", "one_time_links", "passkeys", "pending_sign_ins", "recovery_codes", "reset_requests", "sessions"),
    *("sign_in_failures", "sign_in_rules", "team_members", "teams", "totp_seeds", "used_challenges"),  # of the staff
    *("audit", "audit_heads", "audit_traces"),  # ids and the company's own words, by rule of kernel/audit.py
    *("alert_choices", "alert_settings", "desks_open", "digest_rules", "do_not_disturb", "quiet_hours"),  # how agents are told
    *("brands", "inboxes", "inbox_addresses", "inbox_teams", "inbox_trials", "oauth_applications"),
    *("oauth_consents", "oauth_grants", "network_visits"),  # permissions that administrators gave
    *("attributes", "consent_purposes", "card_sources", "card_source_inboxes", "card_source_teams"),  # what the company asks and whom
    *("canned_answers", "canned_texts", "canned_versions", "canned_uses", "canned_files"),  # the company's own words
    *("macros", "macro_versions", "macro_uses"),
    *("tags", "workspaces", "privacy_rules", "retention_rules", "retention_runs"),  # of the company
    *("acknowledged", "conservation_checks", "counters", "cursors", "leases", "recurring", "streams"),  # figures and places
    *("bulk_deeds", "view_places", "view_sorts"),  # what agents did and how their screen stands
    "proposal_rules",  # a number of hours
    *("moderation_rules", "moderation_settings", "approval_rules"),  # the company's policy
    "lesson_counts",  # how often a word was judged how; of the word a number alone
    *("notices", "bulletins", "publications", "notice_chats"),  # what the company tells everybody
    "chat_sites",  # web sites of the company's
    *("inbox_costs", "templates"),  # what networks charge, and texts that they approved
    "erased_keys",  # marks, which only this installation's key makes
}


def reached() -> set[str]:
    """Tables whose rows refer to a contact, over however many others."""
    found, more = {"contacts"}, True
    while more:
        before = len(found)
        for table in every_table().sorted_tables:
            if any(one.referred_table.name in found for one in table.foreign_key_constraints):
                found.add(table.name)
        more = len(found) > before
    return found


def test_every_table_is_reached_or_holds_nothing_of_a_customer() -> None:
    """A new table that nobody thought of fails here: see `privacy/reach.py`, and write it into one of the lists."""
    known = reached() | BY_HAND | NOTHING_OF_CUSTOMERS | {table.name for table in SWEPT} | set(SMALL)
    assert {table.name for table in every_table().sorted_tables} - known == set()


def test_optional_references_are_parts_or_lead_nowhere_afterwards() -> None:
    """Rows with an optional reference stay and lose it. Where that leaves something of a person, the reference belongs to `PARTS`."""
    optional = {
        (table.name, pair.parent.name)
        for table in every_table().sorted_tables
        for one in table.foreign_key_constraints
        if one.referred_table.name in reached()
        for pair in one.elements
        if pair.parent.nullable
    }
    assert optional == PARTS | {("messages", "identity_id"), ("attachments", "case_id")}


def test_nothing_is_removed_by_walking_a_whole_table() -> None:
    """The database looks for referring rows at each removal: every reference has an index that begins with it."""
    slow: set[str] = set()
    for table in every_table().sorted_tables:
        starts = [[column.name for column in one.columns] for one in (*table.indexes, *keys(table))]
        for one in table.foreign_key_constraints:
            for pair in one.elements:
                name = pair.parent.name
                if (
                    one.referred_table.name in reached()
                    and name != "workspace_id"
                    and ["workspace_id", name] not in [s[:2] for s in starts]
                ):
                    slow.add(f"{table.name}.{name}")
    assert slow == set()


def test_what_lies_beside_the_references_is_of_known_tables() -> None:
    assert set(BESIDE) <= set(every_table().tables)


def keys(table: sa.Table) -> list[sa.UniqueConstraint | sa.PrimaryKeyConstraint]:
    return [one for one in table.constraints if isinstance(one, sa.UniqueConstraint | sa.PrimaryKeyConstraint)]
