"""Who may call: passwords, tokens that rotate, keys with roles, and everything that is no token at all."""

import base64
import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from tests.integration.core.conftest import NOW, Api
from transactional_api.access.accounts import ensure_admin, one_time_for_admin
from transactional_api.access.permissions import ALL, ROLES
from transactional_api.database import Database
from transactional_api.kit.clock import FixedClock

OWN = "correct horse battery staple"


def post(client: TestClient, path: str, body: Any, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.post(path, json=body, headers=headers)
    return answer.status_code, answer.json() if answer.content else None


def first_run(api: Api) -> str:
    password = ensure_admin(api.database, "acme")
    assert password is not None
    return password


def sign_in(api: Api, password: str, login: str = "admin") -> tuple[int, Any]:
    return post(api.client, "/auth/token", {"login": login, "password": password, "tenant": "acme"})


def with_own_password(api: Api) -> dict[str, Any]:
    """Tokens of the admin of acme, who set a password of their own."""
    one_time = first_run(api)
    _, tokens = sign_in(api, one_time)
    body = {"password": one_time, "new_password": OWN}
    assert post(api.client, "/auth/password", body, tokens["access_token"])[0] == 204
    status, signed = sign_in(api, OWN)
    assert status == 200
    return dict(signed)


@pytest.mark.covers("POST /auth/token")
@pytest.mark.covers("POST /auth/password")
@pytest.mark.covers("GET /auth/me")
def test_a_one_time_password_serves_to_set_another_and_for_nothing_else(api: Api) -> None:
    one_time = first_run(api)
    assert ensure_admin(api.database, "acme") is None
    status, tokens = sign_in(api, one_time)
    assert (status, tokens["must_change_password"]) == (200, True)
    api.key = tokens["access_token"]
    assert api.call("GET", "/accounts")[0] == 403
    signed = api.call("GET", "/auth/me")[1]
    assert (signed["permissions"], signed["tenant_id"]) == ([], "acme")
    assert api.call("POST", "/auth/password", {"password": "wrong", "new_password": OWN})[0] == 401
    status, problem = api.call("POST", "/auth/password", {"password": one_time, "new_password": "short"})
    assert (status, problem["errors"][0]["field"]) == (422, "new_password")
    assert api.call("POST", "/auth/password", {"password": one_time, "new_password": OWN})[0] == 204
    assert sign_in(api, one_time)[0] == 401
    status, tokens = sign_in(api, OWN)
    assert (status, tokens["must_change_password"]) == (200, False)
    api.key = tokens["access_token"]
    assert set(api.call("GET", "/auth/me")[1]["permissions"]) == ALL
    assert "password_changed_at" in str(api.log("accounts")[-1].after_json)


@pytest.mark.covers("POST /auth/refresh")
def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_whole_sign_in(api: Api) -> None:
    first = with_own_password(api)

    def refresh(token: str) -> tuple[int, Any]:
        return post(api.client, "/auth/refresh", {"refresh_token": token, "tenant": "acme"})

    status, second = refresh(first["refresh_token"])
    assert status == 200
    status, third = refresh(second["refresh_token"])
    assert status == 200
    assert refresh(second["refresh_token"])[0] == 401  # stolen: both holders are out
    assert refresh(third["refresh_token"])[0] == 401
    assert refresh("made up")[0] == 401


def test_refreshing_does_not_replace_setting_a_password(api: Api) -> None:
    _, tokens = sign_in(api, first_run(api))
    status, again = post(api.client, "/auth/refresh", {"refresh_token": tokens["refresh_token"], "tenant": "acme"})
    assert (status, again["must_change_password"]) == (200, True)
    api.key = again["access_token"]
    assert api.call("GET", "/auth/me")[1]["roles"] == []


def test_a_key_may_no_more_than_its_account_may_now(api: Api) -> None:
    person = api.as_account("ada", "admin")
    other = api.as_account("bo", "admin")
    robot = api.as_role("admin")
    robot.key = person.call("POST", "/api-keys", {"name": "mine", "roles": ["admin"]})[1]["key"]
    assert robot.call("GET", "/accounts")[0] == 200
    assert other.call("PATCH", f"/accounts/{person.account_id}", {"roles": ["sales"]})[0] == 200
    assert robot.call("GET", "/accounts")[0] == 403
    assert other.call("PATCH", f"/accounts/{person.account_id}", {"status": "disabled"})[0] == 200
    assert robot.call("GET", "/auth/me")[0] == 401


@pytest.mark.covers("POST /auth/sign-out")
def test_signing_out_ends_the_refresh_token(api: Api) -> None:
    tokens = with_own_password(api)
    body = {"refresh_token": tokens["refresh_token"], "tenant": "acme"}
    assert post(api.client, "/auth/sign-out", body)[0] == 204
    assert post(api.client, "/auth/refresh", body)[0] == 401
    assert post(api.client, "/auth/sign-out", body)[0] == 204


def test_a_refresh_token_expires_and_an_access_token_much_sooner(api: Api) -> None:
    tokens = with_own_password(api)
    api.key = tokens["access_token"]
    api.database.clock = FixedClock(NOW + timedelta(minutes=15))
    assert api.call("GET", "/auth/me")[0] == 401
    api.database.clock = FixedClock(NOW + timedelta(days=31))
    body = {"refresh_token": tokens["refresh_token"], "tenant": "acme"}
    assert post(api.client, "/auth/refresh", body)[0] == 401


def test_ten_failures_make_even_the_right_password_wait(api: Api) -> None:
    with_own_password(api)
    assert {sign_in(api, "wrong")[0] for _ in range(10)} == {401}
    assert sign_in(api, OWN)[0] == 401
    api.database.clock = FixedClock(NOW + timedelta(minutes=16))
    assert sign_in(api, OWN)[0] == 200


@pytest.mark.parametrize("tenant", ["globex", "*", "acme\u0000"])
def test_a_login_of_another_tenant_is_a_wrong_login(api: Api, tenant: str) -> None:
    with_own_password(api)
    answer = post(api.client, "/auth/token", {"login": "admin", "password": OWN, "tenant": tenant})
    assert answer[0] in (401, 422)


@pytest.mark.covers("POST /accounts")
@pytest.mark.covers("GET /accounts")
@pytest.mark.covers("GET /accounts/{account_id}")
@pytest.mark.covers("PATCH /accounts/{account_id}")
@pytest.mark.covers("POST /accounts/{account_id}/reset-password")
def test_an_account_is_made_changed_disabled_and_logged_without_its_name(api: Api) -> None:
    body = {"account_id": "A1", "login": "ada@example.com", "display_name": "Ada L", "roles": ["sales", "approver"]}
    status, made = api.call("POST", "/accounts", body, key="k1")
    assert (status, made["roles"]) == (201, ["approver", "sales"])
    status, again = api.call("POST", "/accounts", body, key="k1")
    assert (status, again["account_id"], again["one_time_password"]) == (201, "A1", None)
    assert sign_in(api, made["one_time_password"], "ada@example.com")[0] == 200
    assert api.call("POST", "/accounts", body | {"account_id": "A2"})[0] == 409
    status, changed = api.call("PATCH", "/accounts/A1", {"roles": ["analyst"], "status": "disabled"})
    assert (status, changed["roles"], changed["status"]) == (200, ["analyst"], "disabled")
    assert sign_in(api, made["one_time_password"], "ada@example.com")[0] == 401
    assert api.call("GET", "/accounts/A1")[1]["display_name"] == "Ada L"
    assert [one["account_id"] for one in api.call("GET", "/accounts")[1]["items"]] == ["A1"]
    status, reset = api.call("POST", "/accounts/A1/reset-password")
    assert status == 200
    assert reset["one_time_password"] not in (None, made["one_time_password"])
    entries = api.log("accounts", "A1")
    assert [entry.operation for entry in entries] == ["insert", "update"]  # the clock stands: a reset changes nothing
    assert entries[0].personal_fields == '["display_name","login"]'
    assert "ada" not in str([(entry.before_json, entry.after_json) for entry in entries]).lower()


def test_a_tenant_keeps_an_admin(api: Api) -> None:
    api.call("POST", "/accounts", {"account_id": "A1", "login": "ada", "roles": ["admin"]})
    for change in ({"roles": ["sales"]}, {"status": "disabled"}):
        status, problem = api.call("PATCH", "/accounts/A1", change)
        assert (status, problem["title"]) == (409, "A tenant keeps an admin")
    assert api.call("GET", "/accounts/A1")[1]["roles"] == ["admin"]


@pytest.mark.covers("POST /api-keys")
@pytest.mark.covers("GET /api-keys")
@pytest.mark.covers("DELETE /api-keys/{key_id}")
def test_a_key_may_what_its_roles_may_until_it_is_revoked(api: Api) -> None:
    made = api.call("POST", "/api-keys", {"name": "crm", "roles": ["auditor"]}, key="k1")[1]
    assert api.call("POST", "/api-keys", {"name": "crm", "roles": ["auditor"]}, key="k1")[1]["key"] is None
    assert sorted(key["roles"] for key in api.call("GET", "/api-keys")[1]["items"]) == [["admin"], ["auditor"]]
    robot = api.as_role("sales")
    robot.key = made["key"]
    assert robot.call("GET", "/accounts")[0] == 200
    status, problem = robot.call("POST", "/accounts", {"login": "x", "roles": ["sales"]})
    assert (status, problem["detail"]) == (403, "this needs the permission accounts:write")
    assert robot.call("POST", "/api-keys", {"name": "more", "roles": ["admin"]})[0] == 403
    assert api.call("DELETE", f"/api-keys/{made['key_id']}")[1]["revoked_at"] is not None
    assert robot.call("GET", "/accounts")[0] == 401


def test_nobody_gives_away_more_than_they_may(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROLES, "finance", ROLES["finance"] | {"accounts:write", "accounts:read"})
    finance = api.as_role("finance")
    status, problem = finance.call("POST", "/accounts", {"login": "eve", "roles": ["admin"]})
    assert (status, problem["errors"][0]["field"]) == (403, "roles")
    assert finance.call("POST", "/accounts", {"login": "eve", "roles": ["analyst"]})[0] == 201
    api.call("POST", "/accounts", {"account_id": "BOSS", "login": "boss", "roles": ["admin"]})
    assert finance.call("POST", "/accounts/BOSS/reset-password")[0] == 403
    assert finance.call("PATCH", "/accounts/BOSS", {"status": "disabled"})[0] == 403


def forged(token: str, secret: bytes) -> dict[str, str]:
    """Fifteen tokens that this core did not make."""
    head, body, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    raised = claims | {"rol": ["admin"]}

    def packed(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    def signed(content: dict[str, Any], **kwargs: Any) -> str:
        return jwt.encode(content, **({"key": secret, "algorithm": "HS256"} | kwargs))

    none_head = packed({"alg": "none", "typ": "JWT"})
    loose = hmac.new(b"", f"{head}.{packed(raised)}".encode(), sha256).digest()
    past = int((NOW - timedelta(minutes=1)).timestamp())
    return {
        "another secret": signed(raised, key=b"x" * 32),
        "no algorithm": f"{none_head}.{packed(raised)}.",
        "no algorithm, old signature": f"{none_head}.{packed(raised)}.{signature}",
        "roles raised under the old signature": f"{head}.{packed(raised)}.{signature}",
        "another tenant under the old signature": f"{head}.{packed(claims | {'ten': 'globex'})}.{signature}",
        "signature cut": f"{head}.{body}.{signature[:-4]}",
        "signature altered": f"{head}.{body}.{signature[:-4]}AAAA",
        "empty secret": f"{head}.{packed(raised)}.{base64.urlsafe_b64encode(loose).decode().rstrip('=')}",
        "another algorithm with our secret": signed(raised, algorithm="HS512", key=secret * 2),
        "expired": signed(claims | {"exp": past}),
        "another issuer": signed(claims | {"iss": "elsewhere"}),
        "without expiry": signed({name: value for name, value in claims.items() if name != "exp"}),
        "without tenant": signed({name: value for name, value in claims.items() if name != "ten"}),
        "expiry that is no number": signed(claims | {"exp": None}),
        "three random parts": "a.b.c",
    }


def test_fifteen_forged_tokens_open_nothing(api: Api) -> None:
    person = api.as_account("ada", "auditor")
    assert person.call("GET", "/accounts")[0] == 200
    secret = api.client.app.state.access_tokens._secret  # type: ignore[attr-defined]
    attempts = forged(person.key, secret)
    assert len(attempts) == 15
    before = api.database.change_log_heads()
    for name, token in attempts.items():
        person.key = token
        for method, path in (("GET", "/accounts"), ("POST", "/accounts")):
            status, problem = person.call(method, path, {} if method == "POST" else None)
            assert (status, problem["status"]) == (401, 401), name
    assert api.database.change_log_heads() == before


def test_the_first_admin_of_a_tenant_is_made_once_by_many_processes(database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_admin(database, "acme"), range(4)))
    assert len([password for password in made if password]) == 1


def test_whoever_runs_the_machine_gets_back_in(api: Api) -> None:
    with_own_password(api)
    password = one_time_for_admin(api.database, "acme")
    assert sign_in(api, OWN)[0] == 401
    assert sign_in(api, password)[1]["must_change_password"] is True


def test_roles_only_name_permissions_that_exist() -> None:
    for role, permissions in ROLES.items():
        assert permissions <= ALL, role


def test_a_credential_is_read_however_it_is_spaced(api: Api) -> None:
    for scheme in ("Bearer ", "bearer ", "Bearer   "):
        assert api.client.get("/deals", headers={"Authorization": f"{scheme}{api.key}"}).status_code == 200
    for other in ("Bearer", "Bearer ", "Basic x", f"Token {api.key}", api.key):
        assert api.client.get("/deals", headers={"Authorization": other}).status_code == 401
