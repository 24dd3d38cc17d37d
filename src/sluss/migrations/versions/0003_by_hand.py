"""What a comparison of tables cannot see: rules, triggers and data, in each database's own words."""

import json

import sqlalchemy as sa
from alembic import op

from sluss.kernel.chain import START, link
from sluss.kernel.walls import raise_walls

revision = "0003"
down_revision = "0002"

# SQLite cannot alter a rule of a table, and making the table anew would break every reference to it. Its documentation gives this way
# for changes that leave the stored rows as they are.
AUTHOR = {
    "sqlite": [
        "PRAGMA writable_schema = ON",
        (
            "UPDATE sqlite_schema SET sql = replace(sql, '(identity_id IS NULL) <> (agent_id IS NULL)',"
            " 'identity_id IS NULL OR agent_id IS NULL') WHERE type = 'table' AND name = 'messages'"
        ),
        "PRAGMA writable_schema = RESET",
    ],
    "postgresql": [
        "ALTER TABLE messages DROP CONSTRAINT ck_messages_author",
        "ALTER TABLE messages ADD CONSTRAINT ck_messages_author CHECK (identity_id IS NULL OR agent_id IS NULL)",
    ],
}

REFUSING = {
    "sqlite": ["audit_no_update", "audit_no_delete"],
    "postgresql": ["audit_no_change"],
}
REFUSE = {
    "sqlite": [
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    for statement in AUTHOR[op.get_bind().dialect.name]:
        op.execute(statement)
    chain_what_is_there()
    if op.get_bind().dialect.name == "postgresql":
        raise_walls(op.get_bind())


def chain_what_is_there() -> None:
    """Give every line its place in the chain. What said who a person is leaves the line, which nobody can change from now on."""
    conn = op.get_bind()
    kind = conn.dialect.name
    for trigger in REFUSING[kind]:
        op.execute(f"DROP TRIGGER {trigger}" + (" ON audit" if kind == "postgresql" else ""))
    for workspace_id in conn.execute(sa.text("SELECT DISTINCT workspace_id FROM audit")).scalars().all():
        chain_workspace(conn, workspace_id)
    for statement in REFUSE[kind]:
        op.execute(statement)


def chain_workspace(conn: sa.Connection, workspace_id: int) -> None:
    seq, last = 0, START
    lines = conn.execute(sa.text("SELECT * FROM audit WHERE workspace_id = :w ORDER BY id"), {"w": workspace_id}).mappings().all()
    for seq, found in enumerate(lines, 1):
        line = dict(found)
        key = {"w": workspace_id, "id": line["id"]}
        line["data"] = json.loads(line["data"])
        line["actor_name"] = line["actor_name"] if line["actor_kind"] == "system" else ""
        if line["action"] == "agent.sign_in":
            trace = {name: line["data"].pop(name, "") for name in ("address", "device")}
            conn.execute(
                sa.text("INSERT INTO audit_traces (workspace_id, id, address, device) VALUES (:w, :id, :address, :device)"), key | trace
            )
        last = link(last, seq, line)
        change = sa.text("UPDATE audit SET seq = :seq, hash = :hash, actor_name = :name, data = :data WHERE workspace_id = :w AND id = :id")
        conn.execute(change, key | {"seq": seq, "hash": last, "name": line["actor_name"], "data": json.dumps(line["data"])})
    begin = sa.text("INSERT INTO audit_heads (workspace_id, seq, hash) VALUES (:w, :seq, :hash)")
    conn.execute(begin, {"w": workspace_id, "seq": seq, "hash": last})
