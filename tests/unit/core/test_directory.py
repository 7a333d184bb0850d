"""The directory of routes finds what trying one after another would find."""

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.routing import Directory

PATHS = ("/a", "/a/{x}", "/a/b", "/a/{x}/c", "/a/b/c", "/{x}/b", "/d/{x}/{y}", "/d/e/{y}")
words = st.sampled_from(("a", "b", "c", "d", "e", "z", "{}", "/", ""))


def application(in_a_directory: bool) -> TestClient:
    router = APIRouter()
    for number, path in enumerate(PATHS):
        for method in ("GET", "POST") if number % 2 else ("GET",):

            def answer(number: int = number, method: str = method) -> str:
                return f"{method} {number}"

            router.add_api_route(path, answer, methods=[method])
    app = FastAPI()
    if in_a_directory:
        app.router.routes.append(Directory(router.routes))
    else:
        app.include_router(router)
    return TestClient(app, follow_redirects=False)


ONE_BY_ONE, BY_WORDS = application(False), application(True)


@given(st.lists(words, max_size=4), st.sampled_from(("GET", "POST", "PUT")))
def test_every_address_and_method_is_answered_as_if_all_routes_were_tried(parts: list[str], method: str) -> None:
    path = "/" + "/".join(parts).lstrip("/")
    expected, found = (app.request(method, path) for app in (ONE_BY_ONE, BY_WORDS))
    assert (found.status_code, found.text) == (expected.status_code, expected.text)
