"""Keep what guards decide, and what collections say of their guards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)

revision = "20261125_guards"
down_revision = "20261125_memory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.add_column("collections", sa.Column("guards", JSON, nullable=True))
    op.create_table(
        "guard_verdicts",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("collection", sa.String(length=255), nullable=True),
        sa.Column("document_id", sa.String(length=36), nullable=True),
        sa.Column("chunk_id", sa.String(length=36), nullable=True),
        sa.Column("trace_id", sa.String(length=64), nullable=True),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_guard_verdicts_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_guard_verdicts")),
    )
    for columns in (
        ["tenant_id", "created_at"],
        ["tenant_id", "trace_id"],
        ["tenant_id", "rule", "created_at"],
    ):
        name = "_".join(["ix_guard_verdicts", *columns])
        op.create_index(op.f(name), "guard_verdicts", columns, unique=False)


def downgrade() -> None:
    """Change them back."""
    op.drop_table("guard_verdicts")
    op.drop_column("collections", "guards")
