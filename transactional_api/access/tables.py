"""Accounts, keys and tokens.

What an account may do is logged; secrets are in tables of their own that are not, since a hash has no place in the log.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, one_of, reference

STATUSES = ("active", "disabled")


class Account(Base):
    """A person who signs in. `roles` are names separated by blanks, in order."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("tenant_id", "login"), one_of("status", STATUSES))
    personal_columns = ("login", "display_name")

    account_id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str]
    display_name: Mapped[str | None]
    roles: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime]


class AccountSecret(Base):
    """The argon2 hash of the password. `is_one_time`: it was made by the core and only serves to set another."""

    __tablename__ = "account_secrets"
    __table_args__ = (
        reference("account_id", "accounts"),
        CheckConstraint("is_one_time IN (0, 1)", name="is_one_time_known"),
    )
    is_logged = False

    account_id: Mapped[str] = mapped_column(primary_key=True)
    password_hash: Mapped[str]
    is_one_time: Mapped[int]
    failed_attempts: Mapped[int]
    locked_until: Mapped[datetime | None]


class RefreshToken(Base):
    """One link in a family of tokens that replace each other; `token_hash` is the SHA-256 of 256 random bits."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        reference("account_id", "accounts"),
        UniqueConstraint("token_hash"),
        Index(None, "tenant_id", "family_id"),
    )
    is_logged = False

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[str]
    account_id: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKey(Base):
    """A machine's key. `key_hash` is the SHA-256 of 256 random bits; the key itself is shown once and kept nowhere.

    Its own columns say who made and who revoked it. `account_id` is the account that made it, if one did.
    """

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_id"),)
    is_logged = False

    key_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str]
    roles: Mapped[str]
    account_id: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
