"""Give keys attributes and collections a licence; keep what a document's terms come to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_terms"
down_revision = "20261125_audit"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)


def upgrade() -> None:
    """Change the tables."""
    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.add_column(
            sa.Column("attributes", JSON, nullable=False, server_default=sa.text("'{}'"))
        )
    with op.batch_alter_table("collections") as batch_op:
        batch_op.add_column(sa.Column("licence_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_collections_tenant_id_licence_id_licences"),
            "licences",
            ["tenant_id", "licence_id"],
            ["tenant_id", "id"],
        )
        batch_op.create_index(
            batch_op.f("ix_collections_tenant_id_licence_id"),
            ["tenant_id", "licence_id"],
            unique=False,
        )
    with op.batch_alter_table("documents") as batch_op:
        batch_op.add_column(sa.Column("attribution", sa.Text(), nullable=True))
    with op.batch_alter_table("document_links") as batch_op:
        batch_op.add_column(
            sa.Column("replaces", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Change them back."""
    with op.batch_alter_table("document_links") as batch_op:
        batch_op.drop_column("replaces")
    with op.batch_alter_table("documents") as batch_op:
        batch_op.drop_column("attribution")
    with op.batch_alter_table("collections") as batch_op:
        batch_op.drop_index(batch_op.f("ix_collections_tenant_id_licence_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_collections_tenant_id_licence_id_licences"), type_="foreignkey"
        )
        batch_op.drop_column("licence_id")
    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.drop_column("attributes")
