"""The boundary of a request: who calls, and the one transaction in which the call is worked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from transactional_api.access.errors import KeyRefused, OtherTenant
from transactional_api.access.service import Identity, identify
from transactional_api.database import Database, UnitOfWork

_bearer = HTTPBearer(auto_error=False, description="An API key; its tenant is the tenant of the request.")


class Caller:
    """An authenticated request. Its tenant comes from the key and from nowhere else."""

    def __init__(self, database: Database, identity: Identity) -> None:
        self.database = database
        self.identity = identity

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Committed when the block ends: before the answer leaves."""
        with self.database.transaction(self.identity.tenant_id, self.identity.actor) as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with self.database.read(self.identity.tenant_id, self.identity.actor) as unit:
            yield unit


def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    if credentials is None:
        raise KeyRefused
    database: Database = request.app.state.database
    identity = identify(database, credentials.credentials)
    for tenant_id in request.query_params.getlist("tenant_id"):
        if tenant_id != identity.tenant_id:
            raise OtherTenant(tenant_id)
    return Caller(database, identity)


CallerDep = Annotated[Caller, Depends(authenticated)]
