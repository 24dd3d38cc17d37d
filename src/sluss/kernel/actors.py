"""Who acts: an agent, a customer, or Sluss itself. In: a session, a token or a job. Out: the value that every action and query is given."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["admin", "lead", "agent", "reviewer", "field"]
ROLES: tuple[Role, ...] = ("admin", "lead", "agent", "reviewer", "field")


class Actor(msgspec.Struct, frozen=True):
    """Somebody acting in one workspace. `inbox_ids` limits what is seen; None means every inbox of the workspace."""

    workspace_id: int
    kind: Literal["agent", "contact", "system"]
    id: int = 0
    name: str = ""
    role: Role | None = None
    inbox_ids: frozenset[int] | None = frozenset()
    language: str = "en"

    def may_see_inbox(self, inbox_id: int) -> bool:
        """Whether cases of this inbox exist for the actor."""
        return self.inbox_ids is None or inbox_id in self.inbox_ids


def system(workspace_id: int) -> Actor:
    """Sluss itself, for jobs, reactions and the command line: sees the whole workspace, holds no role."""
    return Actor(workspace_id, "system", name="Sluss", inbox_ids=None)
