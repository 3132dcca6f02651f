"""Remember what sources say of their items, and what a version's text is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ON_GONE = sa.Enum("delete", "keep", name="ongone", native_enum=False, length=20)
NAME_INDEX = "ix_source_items_tenant_id_source_id_name"

revision = "20261125_items"
down_revision = "20261125_spread"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.add_column(
        "sources",
        sa.Column("on_gone", ON_GONE, server_default=sa.text("'delete'"), nullable=False),
    )
    op.add_column(
        "sources", sa.Column("watch", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("source_items", sa.Column("name", sa.String(length=1024), nullable=True))
    op.add_column("source_items", sa.Column("attributes", JSON, nullable=True))
    op.create_index(
        op.f(NAME_INDEX), "source_items", ["tenant_id", "source_id", "name"], unique=False
    )
    op.add_column("document_versions", sa.Column("text_sha256", sa.String(length=64)))


def downgrade() -> None:
    """Change them back."""
    op.drop_column("document_versions", "text_sha256")
    op.drop_index(op.f(NAME_INDEX), table_name="source_items")
    op.drop_column("source_items", "attributes")
    op.drop_column("source_items", "name")
    op.drop_column("sources", "watch")
    op.drop_column("sources", "on_gone")
