"""Keep searches, feedback and the golden rows that come of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)

revision = "20261125_feedback"
down_revision = "20261125_sql_examples"
branch_labels = None
depends_on = None


def _table(name: str, key: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        *parts,
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f(f"fk_{name}_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", key, name=op.f(f"pk_{name}")),
    )


def _index(name: str, *columns: str) -> None:
    full = "_".join([f"ix_{name}_tenant_id", *columns])
    op.create_index(op.f(full), name, ["tenant_id", *columns], unique=False)


def upgrade() -> None:
    """Change the tables."""
    _table(
        "search_events",
        "trace_id",
        sa.Column("trace_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("collection", sa.String(length=255), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("cited", JSON, nullable=False),
    )
    _index("search_events", "created_at")
    _table(
        "feedback",
        "id",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("trace_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.Column("document_id", sa.String(length=36), nullable=True),
        sa.Column("chunk_id", sa.String(length=36), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
    )
    _index("feedback", "created_at")
    _index("feedback", "trace_id")
    _table(
        "golden_candidates",
        "id",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("collection", sa.String(length=255), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answerable", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.String(length=64), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint(
            "tenant_id", "fingerprint", name=op.f("uq_golden_candidates_tenant_id_fingerprint")
        ),
    )
    _index("golden_candidates", "state", "created_at")
    _index("messages", "id")


def downgrade() -> None:
    """Change them back."""
    op.drop_index(op.f("ix_messages_tenant_id_id"), table_name="messages")
    op.drop_table("golden_candidates")
    op.drop_table("feedback")
    op.drop_table("search_events")
