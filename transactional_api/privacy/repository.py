"""Queries for erasures."""

from sqlalchemy import select

from transactional_api.kit.pagination import Page, page_by_key
from transactional_api.kit.recording import RecordedSession
from transactional_api.privacy.tables import Erasure, ErasureCleaning


def page(session: RecordedSession, customer_id: str, cursor: str | None, limit: int) -> Page[Erasure]:
    query = select(Erasure).where(Erasure.tenant_id == session.of_tenant, Erasure.customer_id == customer_id)
    return page_by_key(session, query, (Erasure.erasure_id,), cursor, limit)


def cleanings(session: RecordedSession, erasure_ids: list[str]) -> dict[str, ErasureCleaning]:
    query = select(ErasureCleaning).where(
        ErasureCleaning.tenant_id == session.of_tenant, ErasureCleaning.erasure_id.in_(erasure_ids)
    )
    return {row.erasure_id: row for row in session.scalars(query)}


def not_cleaned(session: RecordedSession) -> list[tuple[str, str]]:
    """Tenant and id of every erasure, of all tenants, after which the files were not rewritten yet."""
    done = select(ErasureCleaning.tenant_id).where(
        ErasureCleaning.tenant_id == Erasure.tenant_id, ErasureCleaning.erasure_id == Erasure.erasure_id
    )
    query = select(Erasure.tenant_id, Erasure.erasure_id).where(~done.exists())
    return [(str(row[0]), str(row[1])) for row in session.execute(query)]


def all_erasures(session: RecordedSession) -> list[Erasure]:
    return list(session.scalars(select(Erasure).order_by(Erasure.tenant_id, Erasure.requested_at, Erasure.erasure_id)))
