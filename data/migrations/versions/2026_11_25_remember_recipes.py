"""Remember what made an index and which chunks of a version are read; share schedules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "20261125_recipes"
down_revision = "20261125_terms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    with op.batch_alter_table("index_versions") as batch_op:
        batch_op.add_column(sa.Column("recipe", JSON, nullable=True))
    with op.batch_alter_table("document_versions") as batch_op:
        batch_op.add_column(sa.Column("chunker", sa.String(length=255), nullable=True))
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("last_tick", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )


def downgrade() -> None:
    """Change them back."""
    op.drop_table("schedules")
    with op.batch_alter_table("document_versions") as batch_op:
        batch_op.drop_column("chunker")
    with op.batch_alter_table("index_versions") as batch_op:
        batch_op.drop_column("recipe")
