"""Let several processes work at the documents of one job."""

import sqlalchemy as sa
from alembic import op

from data.columns import Json

revision = "20261125_spread"
down_revision = "20261125_recipes"
branch_labels = None
depends_on = None

STAGES = sa.Enum("parse", "embed", "index", name="stage", native_enum=False, length=20)
STATUSES = sa.Enum(
    "waiting", "sent", "running", "ended", name="workstatus", native_enum=False, length=20
)


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "work_items",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given", Json, nullable=False),
        sa.Column("waits_for", Json, nullable=False),
        sa.Column("stage", STAGES, nullable=False),
        sa.Column("status", STATUSES, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=255), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("outcome", Json, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"],
            ["jobs.tenant_id", "jobs.id"],
            name=op.f("fk_work_items_tenant_id_job_id_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_work_items_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", "ordinal", name=op.f("pk_work_items")),
    )
    with op.batch_alter_table("work_items") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_work_items_tenant_id_job_id_status_ordinal"),
            ["tenant_id", "job_id", "status", "ordinal"],
        )
        batch_op.create_index(
            batch_op.f("ix_work_items_status_stage_touched_at"), ["status", "stage", "touched_at"]
        )


def downgrade() -> None:
    """Change them back."""
    op.drop_table("work_items")
