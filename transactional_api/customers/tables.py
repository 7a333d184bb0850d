"""Customers, and apart from them the values that belong to a person."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional_api.kit.tables import Base, currency_code, reference


class Customer(Base):
    """The business facts. `subject_token` stands for the person wherever the person must not be named."""

    __tablename__ = "customers"
    __table_args__ = (
        reference("parent_customer_id", "customers", "customer_id"),
        currency_code(),
    )

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    subject_token: Mapped[str]
    country: Mapped[str | None]
    region: Mapped[str | None]
    segment: Mapped[str | None]
    industry: Mapped[str | None]
    acquisition_channel: Mapped[str | None]
    created_on: Mapped[date]
    parent_customer_id: Mapped[str | None]
    currency: Mapped[str | None]
    time_zone: Mapped[str | None]

    profile: Mapped["CustomerProfile"] = relationship(
        back_populates="customer", cascade="all, delete-orphan", single_parent=True
    )


class CustomerProfile(Base):
    """Current values only. They are never in the change log, which names the fields that changed instead."""

    __tablename__ = "customer_profiles"
    __table_args__ = (reference("customer_id", "customers"),)
    personal_to = "customers"
    personal_columns = ("name", "email", "vat_number")

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    subject_token: Mapped[str]
    name: Mapped[str | None]
    email: Mapped[str | None]
    vat_number: Mapped[str | None]

    customer: Mapped[Customer] = relationship(back_populates="profile")
