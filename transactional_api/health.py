"""What a supervisor and a monitoring system ask. Health needs no key and gives no figure."""

from ipaddress import ip_address

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from transactional_api.access.boundary import authenticated
from transactional_api.access.errors import Forbidden
from transactional_api.kit.errors import DomainError
from transactional_api.operations.metrics import CONTENT_TYPE, exposition

router = APIRouter(tags=["health"])
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class NotReady(DomainError):
    """The process lives and should be sent nothing."""

    status = 503
    title = "Not ready"


class Health(BaseModel):
    status: str


@router.get("/liveness")
async def liveness() -> Health:
    """The process answers. It asks nothing else, so that a database that is away does not get the process killed."""
    return Health(status="ok")


@router.get("/readiness")
def readiness(request: Request) -> Health:
    """The database answers and has every migration, and the process is not about to stop; 503 if not."""
    state = request.app.state
    if state.lifecycle.is_draining:
        raise NotReady("the process is stopping")
    state.database.ping()
    if not state.database.is_migrated():
        raise NotReady("the database lacks migrations")
    return Health(status="ok")


@router.get("/health")
def health(request: Request) -> Health:
    """The same as readiness, under the name that people try first."""
    return readiness(request)


async def _may_measure(request: Request) -> None:
    """Whoever asks from this machine without a proxy between, or has `metrics:read`."""
    if "authorization" not in request.headers and _is_local(request):
        return
    caller = await authenticated(request)
    if not caller.identity.may("metrics:read"):
        raise Forbidden("metrics:read")


@router.get(
    "/metrics",
    dependencies=[Depends(_may_measure)],
    response_class=Response,
    openapi_extra={"x-permission": "metrics:read", "security": [{}, {"HTTPBearer": []}]},
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """For Prometheus: figures of the whole installation, no tenant among them."""
    return Response(exposition(request.app.state.stock), media_type=CONTENT_TYPE)


def _is_local(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
