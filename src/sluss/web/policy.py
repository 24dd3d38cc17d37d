"""Who may call a route. In: `may=` on the handler, an Actor's role. Out: the guard's decision, and the expectations of the matrix test."""

from __future__ import annotations

import msgspec

from sluss.kernel.actors import ROLES, Role


class Policy(msgspec.Struct, frozen=True):
    """A named set of roles. `roles` is None where no sign-in is asked for."""

    name: str
    roles: frozenset[Role] | None

    def allows(self, role: Role | None) -> bool:
        """Whether somebody with this role may call."""
        return self.roles is None or role in self.roles


EVERYONE = Policy("everyone", None)
LINK = Policy("link", None)
"""Whoever holds the one-time token in the address; the handler checks it."""
HOOK = Policy("hook", None)
"""A program of the network's, which proves itself over the raw bytes of what it posts; no browser, no form."""
VISITOR = Policy("visitor", None)
"""A customer on a company's web site, known by the token that their browser made; no cookie counts. The handler checks it."""
SIGNED_IN = Policy("signed in", frozenset(ROLES))
READERS = Policy("readers", frozenset({"admin", "lead", "agent", "reviewer"}))
AGENTS = Policy("agents", frozenset({"admin", "lead", "agent"}))
PUBLISHERS = Policy("publishers", frozenset({"admin", "lead", "reviewer"}))
"""Who may speak to everybody."""
LEADS = Policy("leads", frozenset({"admin", "lead"}))
ADMINS = Policy("admins", frozenset({"admin"}))
