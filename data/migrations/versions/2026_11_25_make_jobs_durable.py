"""Let jobs pause, be tried again and be found dead."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_jobs"
down_revision = "20261120_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.add_column(
            sa.Column("max_attempts", sa.Integer(), server_default=sa.text("5"), nullable=False)
        )
        batch_op.add_column(sa.Column("reason", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("worker", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("pause_requested", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            batch_op.f("ix_jobs_tenant_id_dead_at"), ["tenant_id", "dead_at"], unique=False
        )


def downgrade() -> None:
    """Change them back."""
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_tenant_id_dead_at"))
        batch_op.drop_column("pause_requested")
        batch_op.drop_column("dead_at")
        batch_op.drop_column("next_attempt_at")
        batch_op.drop_column("heartbeat_at")
        batch_op.drop_column("worker")
        batch_op.drop_column("reason")
        batch_op.drop_column("max_attempts")
