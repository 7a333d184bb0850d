"""Sales and expenses, with the columns of the data sets of the same names."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.money import MAX_MINOR
from transactional_api.kit.tables import Base, amount, currency_code, decimal_range, reference

MOST = 10**12


class Sale(Base):
    """A line of a sale; a negative quantity takes it back. Price and cost of one in minor units of `currency`."""

    __tablename__ = "sales"
    __table_args__ = (
        reference("customer_id", "customers"),
        decimal_range("quantity", str(-MOST), str(MOST)),
        CheckConstraint("CAST(quantity AS NUMERIC) <> 0", name="quantity_not_zero"),
        amount("unit_price_minor"),
        amount("unit_cost_minor"),
        currency_code(),
        Index(None, "tenant_id", "customer_id"),
        Index(None, "tenant_id", "product"),
    )

    sale_id: Mapped[str] = mapped_column(primary_key=True)
    sold_at: Mapped[datetime]
    product: Mapped[str]
    quantity: Mapped[Decimal]
    unit_price_minor: Mapped[int]
    unit_cost_minor: Mapped[int | None]
    currency: Mapped[str]
    order_id: Mapped[str | None]
    customer_id: Mapped[str | None]
    country: Mapped[str | None]


class Expense(Base):
    """Money spent outside of bills; a negative amount is money that came back. Vendor and description are free text,
    so they may name a person; `customer_id` is the customer whom they name, if one is."""

    __tablename__ = "expenses"
    __table_args__ = (
        reference("customer_id", "customers"),
        amount("amount_minor", -MAX_MINOR),
        amount("tax_amount_minor", -MAX_MINOR),
        CheckConstraint("abs(tax_amount_minor) <= abs(amount_minor)", name="tax_within_amount"),
        currency_code(),
        Index(None, "tenant_id", "customer_id"),
    )
    personal_columns = ("vendor", "description")

    expense_id: Mapped[str] = mapped_column(primary_key=True)
    spent_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    category: Mapped[str]
    vendor: Mapped[str | None]
    department_id: Mapped[str | None]
    description: Mapped[str | None]
    tax_amount_minor: Mapped[int | None]
    customer_id: Mapped[str | None]
