"""Keep summaries of conversations, and count the changes of each collection."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_memory"
down_revision = "20261125_budgets"
branch_labels = None
depends_on = None

TABLE = "collection_generations"


def upgrade() -> None:
    """Change the tables."""
    op.add_column("conversations", sa.Column("summary", sa.Text(), nullable=True))
    op.add_column(
        "conversations",
        sa.Column("summarised_until", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("collection_id", sa.String(length=36), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collections.tenant_id", "collections.id"],
            name=op.f("fk_collection_generations_tenant_id_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_collection_generations_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "collection_id", name=op.f("pk_collection_generations")
        ),
    )
    op.execute(
        f"INSERT INTO {TABLE} (tenant_id, collection_id, generation, created_at) "  # noqa: S608
        "SELECT tenant_id, id, 1, created_at FROM collections"
    )


def downgrade() -> None:
    """Change them back."""
    op.drop_table(TABLE)
    op.drop_column("conversations", "summarised_until")
    op.drop_column("conversations", "summary")
