"""Sales and expenses of small sellers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

exact = sa.Numeric().with_variant(sa.Text(), "sqlite")
instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sales",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("sold_at", instant, nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("quantity", exact, nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.CheckConstraint("CAST(quantity AS NUMERIC) <> 0", name="ck_sales_quantity_not_zero"),
        sa.CheckConstraint(
            "CAST(quantity AS NUMERIC) >= -1000000000000 AND CAST(quantity AS NUMERIC) <= 1000000000000",
            name="ck_sales_quantity_range",
        ),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_sales_currency_code"),
        sa.CheckConstraint("unit_cost_minor BETWEEN 0 AND 999999999999999999", name="ck_sales_unit_cost_minor_range"),
        sa.CheckConstraint("unit_price_minor BETWEEN 0 AND 999999999999999999", name="ck_sales_unit_price_minor_range"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_sales_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sale_id", name="pk_sales"),
    )
    op.create_index("ix_sales_tenant_id_customer_id", "sales", ["tenant_id", "customer_id"], unique=False)
    op.create_index("ix_sales_tenant_id_product", "sales", ["tenant_id", "product"], unique=False)
    op.create_table(
        "expenses",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("expense_id", sa.Text(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=True),
        sa.Column("department_id", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tax_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.CheckConstraint("abs(tax_amount_minor) <= abs(amount_minor)", name="ck_expenses_tax_within_amount"),
        sa.CheckConstraint(
            "amount_minor BETWEEN -999999999999999999 AND 999999999999999999", name="ck_expenses_amount_minor_range"
        ),
        sa.CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="ck_expenses_currency_code"),
        sa.CheckConstraint(
            "tax_amount_minor BETWEEN -999999999999999999 AND 999999999999999999",
            name="ck_expenses_tax_amount_minor_range",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name="fk_expenses_tenant_id_customer_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "expense_id", name="pk_expenses"),
    )
    op.create_index("ix_expenses_tenant_id_customer_id", "expenses", ["tenant_id", "customer_id"], unique=False)
