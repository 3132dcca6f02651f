"""Find documents that resemble each other; review what is in quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_likeness"
down_revision = "20261125_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "document_links",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("newer_id", sa.String(length=36), nullable=False),
        sa.Column("older_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("near_duplicate", "revision", name="linkkind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("jaccard", sa.Double(), nullable=False),
        sa.Column("containment", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "newer_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_document_links_tenant_id_newer_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "older_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_document_links_tenant_id_older_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_document_links_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "newer_id", "older_id", name=op.f("pk_document_links")
        ),
    )
    op.create_index(
        op.f("ix_document_links_tenant_id_older_id"),
        "document_links",
        ["tenant_id", "older_id"],
        unique=False,
    )
    op.create_table(
        "signature_bands",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("band", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.String(length=36), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["document_versions.tenant_id", "document_versions.id"],
            name=op.f("fk_signature_bands_tenant_id_version_id_document_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_signature_bands_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", "band", name=op.f("pk_signature_bands")),
    )
    op.create_index(
        op.f("ix_signature_bands_tenant_id_collection_id_band_hash"),
        "signature_bands",
        ["tenant_id", "collection_id", "band", "hash"],
        unique=False,
    )
    op.create_table(
        "version_signatures",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("collection_id", sa.String(length=36), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("shingles", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collections.tenant_id", "collections.id"],
            name=op.f("fk_version_signatures_tenant_id_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_version_signatures_tenant_id_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["document_versions.tenant_id", "document_versions.id"],
            name=op.f("fk_version_signatures_tenant_id_version_id_document_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_version_signatures_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name=op.f("pk_version_signatures")),
    )
    op.create_index(
        op.f("ix_version_signatures_tenant_id_collection_id"),
        "version_signatures",
        ["tenant_id", "collection_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_version_signatures_tenant_id_document_id"),
        "version_signatures",
        ["tenant_id", "document_id"],
        unique=False,
    )
    with op.batch_alter_table("collections") as batch_op:
        batch_op.add_column(
            sa.Column(
                "duplicate_policy",
                sa.Enum(
                    "keep_all",
                    "skip",
                    "keep_newest",
                    name="duplicatepolicy",
                    native_enum=False,
                    length=20,
                ),
                server_default=sa.text("'keep_all'"),
                nullable=False,
            )
        )
    with op.batch_alter_table("document_versions") as batch_op:
        batch_op.add_column(sa.Column("stated_version", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("stated_date", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "review",
                sa.Enum(
                    "released", "replaced", "dropped", name="review", native_enum=False, length=20
                ),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("reviewed_by", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Change them back."""
    with op.batch_alter_table("document_versions") as batch_op:
        batch_op.drop_column("reviewed_at")
        batch_op.drop_column("reviewed_by")
        batch_op.drop_column("review")
        batch_op.drop_column("stated_date")
        batch_op.drop_column("stated_version")
    with op.batch_alter_table("collections") as batch_op:
        batch_op.drop_column("duplicate_policy")
    op.drop_index(
        op.f("ix_version_signatures_tenant_id_document_id"), table_name="version_signatures"
    )
    op.drop_index(
        op.f("ix_version_signatures_tenant_id_collection_id"), table_name="version_signatures"
    )
    op.drop_table("version_signatures")
    op.drop_index(
        op.f("ix_signature_bands_tenant_id_collection_id_band_hash"), table_name="signature_bands"
    )
    op.drop_table("signature_bands")
    op.drop_index(op.f("ix_document_links_tenant_id_older_id"), table_name="document_links")
    op.drop_table("document_links")
