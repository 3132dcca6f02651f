"""Limit what models may cost in a day, and say more of each call."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_budgets"
down_revision = "20261125_items"
branch_labels = None
depends_on = None

ACTION = sa.Enum("refuse", "downgrade", name="budgetaction", native_enum=False, length=20)


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "budgets",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("limit_nusd", sa.BigInteger(), nullable=False),
        sa.Column("action", ACTION, nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_budgets_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "role", name=op.f("pk_budgets")),
    )
    op.create_table(
        "budget_days",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reserved_nusd", sa.BigInteger(), nullable=False),
        sa.Column("spent_nusd", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_budget_days_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "role", "day", name=op.f("pk_budget_days")),
    )
    op.add_column("llm_calls", sa.Column("deployment", sa.String(length=64), nullable=True))
    op.add_column("llm_calls", sa.Column("first_token_ms", sa.Double(), nullable=True))


def downgrade() -> None:
    """Change them back."""
    op.drop_column("llm_calls", "first_token_ms")
    op.drop_column("llm_calls", "deployment")
    op.drop_table("budget_days")
    op.drop_table("budgets")
