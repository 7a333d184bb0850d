"""Finding the route of a request among some hundred: whole domains are passed over by the start of their paths."""

import posixpath

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class Area(APIRouter):
    """The routes of one domain. Its paths begin alike, so that most requests are known not to be meant at one look;
    the framework would try every route of it, and that several times."""

    def __init__(self, domain: APIRouter) -> None:
        super().__init__()
        self.start = posixpath.commonpath([getattr(route, "path", "/").split("{", 1)[0] for route in domain.routes])
        self.include_router(domain)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope["path"].startswith(self.start):
            return Match.NONE, {}
        return super().matches(scope)
