"""What a comparison of tables cannot see of 0008: a log that nobody changes, and the walls around its tables."""

from alembic import op

from sluss.kernel.walls import raise_walls

revision = "0009"
down_revision = "0008"


# The copies of what was said, and the reasons, may have a third person's address taken out of them; nothing else is ever changed.
KEPT = "id, workspace_id, matter_id, at, agent_id, step, rule, undoes_id, answer_id, operation_id"
KEEP_LOG = {
    "sqlite": (
        f"CREATE TRIGGER matter_log_no_update BEFORE UPDATE OF {KEPT} ON matter_log"
        " BEGIN SELECT RAISE(ABORT, 'the log of moderation is append-only'); END"
    ),
    "postgresql": (
        f"CREATE TRIGGER matter_log_no_change BEFORE UPDATE OF {KEPT} ON matter_log FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    ),
}


def upgrade() -> None:
    op.execute(KEEP_LOG[op.get_bind().dialect.name])
    if op.get_bind().dialect.name == "postgresql":
        raise_walls(op.get_bind())
