"""Products with their stand-alone price and unit cost."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, amount, currency_code, one_of

KINDS = ("subscription", "one_time", "usage", "service")
RECOGNITIONS = ("over_time", "point_in_time", "percent_complete")


class Product(Base):
    """Price and cost are in minor units of `currency`."""

    __tablename__ = "products"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("recognition", RECOGNITIONS),
        amount("standalone_price_minor"),
        amount("unit_cost_minor"),
        currency_code(),
        CheckConstraint(
            "currency IS NOT NULL OR (standalone_price_minor IS NULL AND unit_cost_minor IS NULL)",
            name="amounts_have_currency",
        ),
    )

    product_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    standalone_price_minor: Mapped[int | None]
    unit_cost_minor: Mapped[int | None]
    currency: Mapped[str | None]
    tax_category: Mapped[str | None]
    recognition: Mapped[str | None]
