"""Policies, their versions, and which was active when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from transactional_api.kit.tables import Base, one_of, reference

KINDS = ("quote_guardrails",)
ACTIONS = ("activate", "rollback")


class Policy(Base):
    """What a policy is called. What it says stands in its versions."""

    __tablename__ = "policies"
    __table_args__ = (one_of("kind", KINDS), CheckConstraint("latest_version >= 1", name="latest_version_range"))

    policy_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    latest_version: Mapped[int]
    created_at: Mapped[datetime]


class PolicyVersion(Base):
    """Never changed and never deleted: triggers refuse it. `content` is canonical JSON."""

    __tablename__ = "policy_versions"
    __table_args__ = (
        reference("policy_id", "policies"),
        CheckConstraint("version_no >= 1", name="version_no_range"),
        CheckConstraint("length(content_sha256) = 64", name="content_sha256_length"),
    )

    policy_id: Mapped[str] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class PolicyActivation(Base):
    """The last activation of a kind is the active one. `replaced_no` is the one that a rollback goes back to."""

    __tablename__ = "policy_activations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "policy_id", "version_no"],
            ["policy_versions.tenant_id", "policy_versions.policy_id", "policy_versions.version_no"],
            deferrable=True,
            initially="DEFERRED",
        ),
        one_of("kind", KINDS),
        one_of("action", ACTIONS),
        CheckConstraint("activation_no >= 1", name="activation_no_range"),
        CheckConstraint("replaced_no < activation_no", name="replaced_no_before"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    activation_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str]
    policy_id: Mapped[str]
    version_no: Mapped[int]
    replaced_no: Mapped[int | None]
    activated_at: Mapped[datetime]
    activated_by: Mapped[str]
