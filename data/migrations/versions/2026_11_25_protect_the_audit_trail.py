"""Say which document an audit event is about; refuse to change one."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_audit"
down_revision = "20261125_indexes"
branch_labels = None
depends_on = None

MESSAGE = "audit events are only ever added"
SQLITE = [
    f"CREATE TRIGGER audit_events_no_{verb.lower()} BEFORE {verb} ON audit_events "
    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRES = [
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$",
    "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
]


def on_postgres() -> bool:
    """Tell which of the two databases is migrated."""
    return op.get_bind().dialect.name == "postgresql"


def upgrade() -> None:
    """Change the tables."""
    with op.batch_alter_table("audit_events") as batch_op:
        batch_op.add_column(sa.Column("document_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("trace_id", sa.String(length=64), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_audit_events_tenant_id_document_id_created_at"),
            ["tenant_id", "document_id", "created_at"],
            unique=False,
        )
    for statement in POSTGRES if on_postgres() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Change them back."""
    if on_postgres():
        op.execute("DROP TRIGGER audit_events_append_only ON audit_events")
        op.execute("DROP FUNCTION refuse_audit_change()")
    else:
        op.execute("DROP TRIGGER audit_events_no_update")
        op.execute("DROP TRIGGER audit_events_no_delete")
    with op.batch_alter_table("audit_events") as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_events_tenant_id_document_id_created_at"))
        batch_op.drop_column("trace_id")
        batch_op.drop_column("document_id")
