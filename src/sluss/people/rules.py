"""Who has to have a second factor. In: a workspace's rule, an agent's role. Out: from when on nothing else opens to one without."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor, Role
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.models import sign_in_rules

Whom = Literal["nobody", "admins", "everyone"]
WHOM: tuple[Whom, ...] = get_args(Whom)
LONGEST_GRACE = 90


class Rule(msgspec.Struct, frozen=True):
    """`factor_for` says of whom a second factor is demanded; `grace_days` how long one may work without after that."""

    factor_for: Whom = "nobody"
    grace_days: int = 7
    changed_at: int = 0

    def demands(self, role: Role | str) -> bool:
        """Whether somebody of this role has to have one."""
        return self.factor_for == "everyone" or (self.factor_for == "admins" and role == "admin")

    def due(self, role: Role | str, created_at: int) -> int | None:
        """From when on it is demanded of an agent, or None for never."""
        return max(self.changed_at, created_at) + self.grace_days * DAY if self.demands(role) else None


RULE = (sign_in_rules.c.factor_for, sign_in_rules.c.grace_days, sign_in_rules.c.changed_at.label("ruled_at"))
"""What `read_rule` wants to find in a row; outer-joined, since most workspaces never set a rule."""


def read_rule(row: sa.Row[Any]) -> Rule:
    """The rule among the columns of a row."""
    return Rule(row.factor_for, row.grace_days, row.ruled_at) if row.factor_for is not None else Rule()


def rule_of(tx: Tx, workspace_id: int) -> Rule:
    """The rule of a workspace; nobody has to, until an administrator says otherwise."""
    row = tx.row(sa.select(*RULE).where(sign_in_rules.c.workspace_id == workspace_id))
    return read_rule(row) if row is not None else Rule()


def set_rule(tx: Tx, who: Actor, factor_for: str, grace_days: int) -> None:
    """Write the rule down; from now on the days of grace count anew. `factors.change_rule` is the action."""
    if factor_for not in WHOM:
        raise Invalid({"factor_for": "Choose one of the list."})
    if not 0 <= grace_days <= LONGEST_GRACE:
        raise Invalid({"grace_days": "Choose 0 to 90 days."})
    values = {"factor_for": factor_for, "grace_days": grace_days, "changed_at": tx.now}
    before = rule_of(tx, who.workspace_id)
    mine = sign_in_rules.c.workspace_id == who.workspace_id
    if not tx.run(sa.update(sign_in_rules).where(mine).values(values)).rowcount:
        tx.run(sa.insert(sign_in_rules), values | {"workspace_id": who.workspace_id})
    note_deed(tx, who, "workspace.factors", ("workspace", who.workspace_id), before=before.factor_for, after=factor_for, days=grace_days)
