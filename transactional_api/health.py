"""What a supervisor asks. No key is needed and no figure is given."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from transactional_api.database import Database

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str


@router.get("/liveness")
def liveness() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readiness")
def readiness(request: Request) -> Health:
    """The database answers; 503 if not."""
    database: Database = request.app.state.database
    database.ping()
    return Health(status="ok")


@router.get("/health")
def health(request: Request) -> Health:
    """The same as readiness, under the name that people try first."""
    return readiness(request)
