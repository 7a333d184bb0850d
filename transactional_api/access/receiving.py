"""A body that is too large to be held: written to a file as it comes, hashed, counted and timed."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from transactional_api.idempotency.service import begun_fingerprint
from transactional_api.kit.errors import DomainError
from transactional_api.ports import CannotBeTaken, Intake

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """A whole body on disk; `fingerprint` is that of its request."""

    path: Path
    fingerprint: str


class NoIntake(DomainError):
    """A core that was started without the other parts."""

    status = 503
    title = "This server takes no files"

    def __init__(self) -> None:
        super().__init__("no intake belongs to this server")


class NotTaken(DomainError):
    """No disk to store it on, or a tenant whose name can be no folder's: the log has the reason."""

    status = 503
    title = "The file cannot be taken now"

    def __init__(self, reason: CannotBeTaken) -> None:
        super().__init__("the file cannot be stored or read now; nothing was taken")
        log.error("%s", reason)


class TooLarge(DomainError):
    status = 413
    title = "The body is too large"

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"a file has at most {most_bytes // 1024 // 1024} MB")


class BodyLate(DomainError):
    status = 408
    title = "The body did not come"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no part of the body came for {seconds:g} seconds")


def intake_of(request: Request) -> Intake:
    """Raises NoIntake."""
    intake: Intake | None = request.app.state.intake
    if intake is None:
        raise NoIntake
    return intake


async def receive(request: Request, tenant_id: str) -> Sent:
    """The file is gone again where the body does not come whole."""
    intake = intake_of(request)
    seconds = request.app.state.settings.body_seconds
    print_ = begun_fingerprint(request.method, request.scope["path"], request.scope["query_string"])
    size = 0
    try:
        path = await run_in_threadpool(intake.place, tenant_id)
    except CannotBeTaken as error:
        raise NotTaken(error) from error
    try:
        chunks = aiter(request.stream())
        with path.open("xb") as file:
            while True:
                async with asyncio.timeout(seconds):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                size += len(chunk)
                if size > intake.most_bytes:
                    raise TooLarge(intake.most_bytes)
                print_.update(chunk)
                await run_in_threadpool(file.write, chunk)
    except TimeoutError as error:
        path.unlink(missing_ok=True)
        raise BodyLate(seconds) from error
    except OSError as error:
        path.unlink(missing_ok=True)
        raise NotTaken(CannotBeTaken(str(error))) from error
    except (DomainError, ClientDisconnect, asyncio.CancelledError):
        path.unlink(missing_ok=True)
        raise
    return Sent(path, print_.hexdigest())
