"""What a comparison of tables cannot see: rules, triggers and data, in each database's own words."""

from alembic import op

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


def upgrade() -> None:
    for statement in AUTHOR[op.get_bind().dialect.name]:
        op.execute(statement)
