"""Finding the route of a request among nearly two hundred: by the words of its path, not one after the other."""

from collections.abc import Iterable
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_VARIABLE, _ROUTES = "{}", "/"  # no word of a path is either
_CHOSEN = "revhouse_route"


class Directory(BaseRoute):
    """Routes as one tree of words. Of those that fit, the one that was made first is taken, as everywhere else."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.routes = [route for route in routes if isinstance(route, APIRoute)]
        self._tree: dict[str, Any] = {}
        for at, route in enumerate(self.routes):
            node = self._tree
            for word in route.path.split("/"):
                node = node.setdefault(_VARIABLE if "{" in word else word, {})
            node.setdefault(_ROUTES, []).append((at, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        partly: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._fitting(scope["path"]):
            match, found = route.matches(scope)
            if match is not Match.NONE:
                found[_CHOSEN] = route
            if match is Match.FULL:
                return match, found
            if match is Match.PARTIAL and partly[0] is Match.NONE:
                partly = match, found
        return partly

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope[_CHOSEN].handle(scope, receive, send)

    def _fitting(self, path: str) -> list[APIRoute]:
        nodes = [self._tree]
        for word in path.split("/"):
            nodes = [child for node in nodes for child in (node.get(word), node.get(_VARIABLE)) if child is not None]
        return [route for _, route in sorted((found for node in nodes for found in node.get(_ROUTES, ())), key=_place)]


def _place(found: tuple[int, APIRoute]) -> int:
    return found[0]
