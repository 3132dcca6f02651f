"""Add sources, licences, products and the objects of the store."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "20261125_sources"
down_revision = "20261125_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "exclusions",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "source",
                "uri",
                "sha256",
                "vendor",
                "licence",
                name="exclusionkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("pattern", sa.String(length=1024), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_exclusions_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_exclusions")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "pattern", name=op.f("uq_exclusions_tenant_id_kind_pattern")
        ),
    )
    op.create_table(
        "licences",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("allowed_uses", JSON, nullable=False),
        sa.Column("attribution", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_licences_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_licences")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_licences_tenant_id_name")),
    )
    op.create_table(
        "vendors",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("website", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_vendors_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vendors")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_vendors_tenant_id_name")),
    )
    op.create_table(
        "products",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("vendor_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vendor_id"],
            ["vendors.tenant_id", "vendors.id"],
            name=op.f("fk_products_tenant_id_vendor_id_vendors"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_products_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_products")),
        sa.UniqueConstraint("tenant_id", "sku", name=op.f("uq_products_tenant_id_sku")),
    )
    op.create_index(
        op.f("ix_products_tenant_id_vendor_id"),
        "products",
        ["tenant_id", "vendor_id"],
        unique=False,
    )
    op.create_table(
        "sources",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("rules_version", sa.String(length=64), nullable=True),
        sa.Column("collection_id", sa.String(length=36), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=True),
        sa.Column("licence_id", sa.String(length=36), nullable=True),
        sa.Column("product_id", sa.String(length=36), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("schedule", sa.String(length=255), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("window_start", sa.String(length=5), nullable=True),
        sa.Column("window_end", sa.String(length=5), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("last_crawl_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_crawl_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collections.tenant_id", "collections.id"],
            name=op.f("fk_sources_tenant_id_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "licence_id"],
            ["licences.tenant_id", "licences.id"],
            name=op.f("fk_sources_tenant_id_licence_id_licences"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_sources_tenant_id_product_id_products"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vendor_id"],
            ["vendors.tenant_id", "vendors.id"],
            name=op.f("fk_sources_tenant_id_vendor_id_vendors"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_sources_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sources")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_sources_tenant_id_name")),
    )
    op.create_index(op.f("ix_sources_next_crawl_at"), "sources", ["next_crawl_at"], unique=False)
    op.create_index(
        op.f("ix_sources_tenant_id_collection_id"),
        "sources",
        ["tenant_id", "collection_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sources_tenant_id_licence_id"),
        "sources",
        ["tenant_id", "licence_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sources_tenant_id_product_id"),
        "sources",
        ["tenant_id", "product_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sources_tenant_id_vendor_id"), "sources", ["tenant_id", "vendor_id"], unique=False
    )
    op.create_table(
        "crawl_jobs",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("rules_version", sa.String(length=64), nullable=True),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("bytes_fetched", sa.BigInteger(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"],
            ["jobs.tenant_id", "jobs.id"],
            name=op.f("fk_crawl_jobs_tenant_id_job_id_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["sources.tenant_id", "sources.id"],
            name=op.f("fk_crawl_jobs_tenant_id_source_id_sources"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_crawl_jobs_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", name=op.f("pk_crawl_jobs")),
    )
    op.create_index(
        op.f("ix_crawl_jobs_tenant_id_source_id_created_at"),
        "crawl_jobs",
        ["tenant_id", "source_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "document_licences",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("licence_id", sa.String(length=36), nullable=False),
        sa.Column("allowed_uses", JSON, nullable=False),
        sa.Column("attribution", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("set_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_document_licences_tenant_id_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "licence_id"],
            ["licences.tenant_id", "licences.id"],
            name=op.f("fk_document_licences_tenant_id_licence_id_licences"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_document_licences_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "document_id", name=op.f("pk_document_licences")),
    )
    op.create_index(
        op.f("ix_document_licences_tenant_id_licence_id"),
        "document_licences",
        ["tenant_id", "licence_id"],
        unique=False,
    )
    op.create_table(
        "source_items",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("uri", sa.String(length=1024), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_source_items_tenant_id_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["sources.tenant_id", "sources.id"],
            name=op.f("fk_source_items_tenant_id_source_id_sources"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_source_items_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "source_id", "uri", name=op.f("pk_source_items")),
    )
    op.create_index(
        op.f("ix_source_items_tenant_id_document_id"),
        "source_items",
        ["tenant_id", "document_id"],
        unique=False,
    )
    op.create_table(
        "file_artifacts",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("object_key", sa.String(length=1024), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "raw",
                "processed",
                "derived",
                "logs",
                name="artifactkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "storage_class",
            sa.Enum("hot", "cold", "purged", name="storageclass", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("source_id", sa.String(length=36), nullable=True),
        sa.Column("source_uri", sa.Text(), nullable=True),
        sa.Column("licence", sa.String(length=255), nullable=True),
        sa.Column("crawl_rules", sa.String(length=64), nullable=True),
        sa.Column("media_type", sa.String(length=255), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["sources.tenant_id", "sources.id"],
            name=op.f("fk_file_artifacts_tenant_id_source_id_sources"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["document_versions.tenant_id", "document_versions.id"],
            name=op.f("fk_file_artifacts_tenant_id_version_id_document_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_file_artifacts_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_file_artifacts")),
        sa.UniqueConstraint(
            "tenant_id", "object_key", name=op.f("uq_file_artifacts_tenant_id_object_key")
        ),
    )
    op.create_index(
        op.f("ix_file_artifacts_kind_storage_class_created_at"),
        "file_artifacts",
        ["kind", "storage_class", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_file_artifacts_tenant_id_sha256"),
        "file_artifacts",
        ["tenant_id", "sha256"],
        unique=False,
    )
    op.create_index(
        op.f("ix_file_artifacts_tenant_id_source_id"),
        "file_artifacts",
        ["tenant_id", "source_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_file_artifacts_tenant_id_version_id"),
        "file_artifacts",
        ["tenant_id", "version_id"],
        unique=False,
    )
    with op.batch_alter_table("documents") as batch_op:
        batch_op.add_column(sa.Column("source_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("source_uri", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("product_id", sa.String(length=36), nullable=True))
        batch_op.add_column(
            sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("quotable", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(sa.Column("quotable_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("superseded_by", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("purge_after", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_documents_purge_after"), ["purge_after"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_documents_tenant_id_product_id_is_public_created_at"),
            ["tenant_id", "product_id", "is_public", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_documents_tenant_id_source_id"), ["tenant_id", "source_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_documents_tenant_id_product_id_products"),
            "products",
            ["tenant_id", "product_id"],
            ["tenant_id", "id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_documents_tenant_id_source_id_sources"),
            "sources",
            ["tenant_id", "source_id"],
            ["tenant_id", "id"],
        )


def downgrade() -> None:
    """Change them back."""
    with op.batch_alter_table("documents") as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_documents_tenant_id_source_id_sources"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_documents_tenant_id_product_id_products"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_documents_tenant_id_source_id"))
        batch_op.drop_index(batch_op.f("ix_documents_tenant_id_product_id_is_public_created_at"))
        batch_op.drop_index(batch_op.f("ix_documents_purge_after"))
        batch_op.drop_column("purge_after")
        batch_op.drop_column("superseded_by")
        batch_op.drop_column("quotable_until")
        batch_op.drop_column("quotable")
        batch_op.drop_column("is_public")
        batch_op.drop_column("product_id")
        batch_op.drop_column("source_uri")
        batch_op.drop_column("source_id")
    op.drop_index(op.f("ix_file_artifacts_tenant_id_version_id"), table_name="file_artifacts")
    op.drop_index(op.f("ix_file_artifacts_tenant_id_source_id"), table_name="file_artifacts")
    op.drop_index(op.f("ix_file_artifacts_tenant_id_sha256"), table_name="file_artifacts")
    op.drop_index(
        op.f("ix_file_artifacts_kind_storage_class_created_at"), table_name="file_artifacts"
    )
    op.drop_table("file_artifacts")
    op.drop_index(op.f("ix_source_items_tenant_id_document_id"), table_name="source_items")
    op.drop_table("source_items")
    op.drop_index(op.f("ix_document_licences_tenant_id_licence_id"), table_name="document_licences")
    op.drop_table("document_licences")
    op.drop_index(op.f("ix_crawl_jobs_tenant_id_source_id_created_at"), table_name="crawl_jobs")
    op.drop_table("crawl_jobs")
    op.drop_index(op.f("ix_sources_tenant_id_vendor_id"), table_name="sources")
    op.drop_index(op.f("ix_sources_tenant_id_product_id"), table_name="sources")
    op.drop_index(op.f("ix_sources_tenant_id_licence_id"), table_name="sources")
    op.drop_index(op.f("ix_sources_tenant_id_collection_id"), table_name="sources")
    op.drop_index(op.f("ix_sources_next_crawl_at"), table_name="sources")
    op.drop_table("sources")
    op.drop_index(op.f("ix_products_tenant_id_vendor_id"), table_name="products")
    op.drop_table("products")
    op.drop_table("vendors")
    op.drop_table("licences")
    op.drop_table("exclusions")
