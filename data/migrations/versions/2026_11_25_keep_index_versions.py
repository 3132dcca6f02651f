"""Keep several indexes of a collection."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "20261125_indexes"
down_revision = "20261125_likeness"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "index_versions",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("collection_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "building",
                "ready",
                "live",
                "retired",
                "failed",
                name="indexstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("parser", sa.String(length=255), nullable=True),
        sa.Column("chunker", sa.String(length=255), nullable=True),
        sa.Column("embedder", sa.String(length=255), nullable=True),
        sa.Column("sparse_encoder", sa.String(length=255), nullable=True),
        sa.Column("vectors", sa.Integer(), nullable=False),
        sa.Column("checks", JSON, nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collections.tenant_id", "collections.id"],
            name=op.f("fk_index_versions_tenant_id_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"],
            ["jobs.tenant_id", "jobs.id"],
            name=op.f("fk_index_versions_tenant_id_job_id_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_index_versions_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_index_versions")),
        sa.UniqueConstraint(
            "tenant_id",
            "collection_id",
            "name",
            name=op.f("uq_index_versions_tenant_id_collection_id_name"),
        ),
    )
    op.create_index(
        op.f("ix_index_versions_tenant_id_job_id"),
        "index_versions",
        ["tenant_id", "job_id"],
        unique=False,
    )


def downgrade() -> None:
    """Change them back."""
    op.drop_index(op.f("ix_index_versions_tenant_id_job_id"), table_name="index_versions")
    op.drop_table("index_versions")
