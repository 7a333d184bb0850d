"""The log as auditors see it: pages, verification against signed checkpoints, and what breaks it."""

import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.test_change_log import disarm, write_products
from transactional_api.audit import service
from transactional_api.audit.checkpoints import CheckpointFiles, CheckpointsBroken
from transactional_api.database import Database
from transactional_api.kit.change_log import hash_entry

Behind = Callable[[str], list[tuple[Any, ...]]]
AUDIT = "/api/v1/revenue-ops/audit"


@pytest.fixture
def files(tmp_path: Path) -> CheckpointFiles:
    return CheckpointFiles(tmp_path / "audit")


@pytest.mark.covers("GET /api/v1/revenue-ops/audit/verify-chain")
@pytest.mark.covers("POST /api/v1/revenue-ops/audit/checkpoints")
@pytest.mark.covers("GET /api/v1/revenue-ops/audit/checkpoints")
def test_a_signed_checkpoint_is_listed_compared_and_checked_by_anybody(api: Api, other_api: Api) -> None:
    write_products(api.database, 3)
    status, signed = api.call("POST", f"{AUDIT}/checkpoints")
    assert (status, signed["sequence_no"], signed["change_no"]) == (201, 1, 3)
    assert signed["entry_hash"] == api.log("products")[-1].entry_hash
    assert api.call("GET", f"{AUDIT}/checkpoints")[1] == {"items": [signed], "next_cursor": None}
    status, verdict = api.call("GET", f"{AUDIT}/verify-chain")
    assert (status, verdict["holds"], verdict["entries"], verdict["checkpoints"]) == (200, True, 3, 1)
    assert (verdict["head_change_no"], verdict["checkpoint"]) == (3, signed)
    statement = {name: value for name, value in signed.items() if name not in ("signature", "public_key")}
    public = load_pem_public_key(signed["public_key"].encode())
    content = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    public.verify(base64.b64decode(signed["signature"]), content)  # type: ignore[call-arg,union-attr]
    assert other_api.call("GET", f"{AUDIT}/checkpoints")[1]["items"] == []


def test_the_same_key_signs_one_checkpoint(api: Api) -> None:
    write_products(api.database, 1)
    first = api.call("POST", f"{AUDIT}/checkpoints", key="once")
    assert api.call("POST", f"{AUDIT}/checkpoints", key="once") == first
    assert len(api.call("GET", f"{AUDIT}/checkpoints")[1]["items"]) == 1


def test_checkpoints_come_in_pages(api: Api) -> None:
    for number in range(3):
        write_products(api.database, 1, prefix=f"{number}-")
        api.call("POST", f"{AUDIT}/checkpoints")
    _, page = api.call("GET", f"{AUDIT}/checkpoints?limit=2")
    assert [one["sequence_no"] for one in page["items"]] == [1, 2]
    _, rest = api.call("GET", f"{AUDIT}/checkpoints?limit=2&cursor={page['next_cursor']}")
    assert ([one["sequence_no"] for one in rest["items"]], rest["next_cursor"]) == ([3], None)


@pytest.mark.covers("GET /api/v1/revenue-ops/audit/logs")
def test_the_log_is_paged_and_filtered_and_shows_whole_rows(api: Api, other_api: Api) -> None:
    write_products(other_api.database, 1, "globex", "theirs")
    for number in range(5):
        body = {"product_id": f"P{number}", "name": "x", "kind": "usage"}
        assert api.call("POST", "/products", body)[0] == 201
    _, page = api.call("GET", f"{AUDIT}/logs?entity=products&limit=3")
    assert [one["entity_key"] for one in page["items"]] == ["P0", "P1", "P2"]
    _, rest = api.call("GET", f"{AUDIT}/logs?entity=products&limit=3&cursor={page['next_cursor']}")
    assert ([one["entity_key"] for one in rest["items"]], rest["next_cursor"]) == (["P3", "P4"], None)
    (entry,) = api.call("GET", f"{AUDIT}/logs?entity=products&entity_key=P3")[1]["items"]
    assert (entry["operation"], entry["before"], entry["after"]["kind"]) == ("insert", None, "usage")
    assert entry["entry_hash"] == api.log("products", "P3")[0].entry_hash
    number = entry["change_no"]
    window = api.call("GET", f"{AUDIT}/logs?from_change_no={number}&to_change_no={number}")[1]["items"]
    assert window == [entry]
    assert api.call("GET", f"{AUDIT}/logs?actor=nobody")[1]["items"] == []
    assert api.call("GET", f"{AUDIT}/logs?operation=delete")[1]["items"] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("logs?cursor=abc", "cursor"),
        ("logs?operation=drop", "operation"),
        ("logs?from_change_no=0", "from_change_no"),
        ("checkpoints?cursor=-1", "cursor"),
        ("verify-chain?change_no=1", "entry_hash"),
        (f"verify-chain?entry_hash={'0' * 64}", "change_no"),
    ],
)
def test_questions_that_mean_nothing_are_refused_by_field(api: Api, path: str, field: str) -> None:
    status, problem = api.call("GET", f"{AUDIT}/{path}")
    assert (status, problem["errors"][0]["field"]) == (422, field)


def test_analysts_neither_read_the_log_nor_sign_and_auditors_do_both(api: Api) -> None:
    analyst, auditor = api.as_role("analyst"), api.as_role("auditor")
    assert analyst.call("GET", f"{AUDIT}/logs")[0] == 403
    assert analyst.call("POST", f"{AUDIT}/checkpoints")[0] == 403
    assert auditor.call("GET", f"{AUDIT}/verify-chain")[0] == 200
    assert auditor.call("POST", f"{AUDIT}/checkpoints")[0] == 201


def test_a_broken_log_is_named_and_not_signed(api: Api, behind: Behind) -> None:
    write_products(api.database, 5)
    disarm(api.database, behind)
    behind("UPDATE change_log SET actor = 'mallory' WHERE tenant_id = 'acme' AND change_no = 3")
    _, verdict = api.call("GET", f"{AUDIT}/verify-chain")
    assert (verdict["holds"], verdict["broken_at"]) == (False, 3)
    status, problem = api.call("POST", f"{AUDIT}/checkpoints")
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:chain-broken")
    assert "change 3" in problem["detail"]
    assert api.call("GET", f"{AUDIT}/checkpoints")[1]["items"] == []


def test_an_exported_checkpoint_catches_a_log_that_was_rewritten_together_with_its_checkpoints(
    api: Api, behind: Behind, tmp_path: Path
) -> None:
    write_products(api.database, 4)
    _, exported = api.call("POST", f"{AUDIT}/checkpoints")
    for path in (tmp_path / "home" / "audit").glob("checkpoints-*"):
        path.unlink()
    disarm(api.database, behind)
    if not api.database.is_sqlite:
        behind("ALTER TABLE change_log_heads DISABLE TRIGGER ALL")
    (first,) = behind("SELECT entry_hash FROM change_log WHERE tenant_id = 'acme' AND change_no = 3")
    behind("DELETE FROM change_log WHERE tenant_id = 'acme' AND change_no > 3")
    behind(
        f"UPDATE change_log_heads SET last_change_no = 3, last_hash = '{first[0]}' WHERE tenant_id = 'acme'",
    )
    assert api.call("GET", f"{AUDIT}/verify-chain")[1]["holds"] is True
    question = f"change_no={exported['change_no']}&entry_hash={exported['entry_hash']}"
    _, verdict = api.call("GET", f"{AUDIT}/verify-chain?{question}")
    assert (verdict["holds"], verdict["broken_at"]) == (False, 4)


def test_eight_signers_at_once_leave_one_chain_of_checkpoints(database: Database, files: CheckpointFiles) -> None:
    write_products(database, 1)
    failures: list[BaseException] = []

    def work(writer: int) -> None:
        try:
            for turn in range(4):
                write_products(database, 1, prefix=f"{writer}-{turn}-")
                service.verify_and_sign(database, files, "acme", NOW)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    checkpoints = files.read("acme")
    assert [one.sequence_no for one in checkpoints] == list(range(1, len(checkpoints) + 1))
    verdict = service.verify(database, files, "acme")
    assert verdict.holds and verdict.chain.head.change_no == 33


def test_nothing_new_is_not_signed_again_within_a_day(database: Database, files: CheckpointFiles) -> None:
    write_products(database, 2)
    signed = [service.verify_and_sign(database, files, "acme", NOW + timedelta(hours=hours))[1] for hours in (0, 1, 25)]
    assert signed == [True, False, True]


def test_a_long_log_is_verified_from_the_last_checkpoint_on_and_whole_once_a_day(
    database: Database, files: CheckpointFiles, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WHOLE_UP_TO", 3)
    write_products(database, 5)
    service.verify_and_sign(database, files, "acme", NOW)
    write_products(database, 2, prefix="q")
    quick, _ = service.verify_and_sign(database, files, "acme", NOW + timedelta(hours=1))
    assert (quick.chain.first, quick.chain.entries, quick.chain.head.change_no) == (6, 2, 7)
    whole, _ = service.verify_and_sign(database, files, "acme", NOW + timedelta(hours=24))
    assert (whole.chain.first, whole.chain.entries) == (1, 7)
    disarm(database, behind)
    behind("UPDATE change_log SET actor = 'mallory' WHERE change_no = 2")
    quick, _ = service.verify_and_sign(database, files, "acme", NOW + timedelta(hours=25))
    assert quick.holds, "what stands before the checkpoint waits for the next look at everything"
    assert service.verify(database, files, "acme").chain.broken_at == 2
    behind("DELETE FROM change_log WHERE change_no = 2")
    quick, _ = service.verify_and_sign(database, files, "acme", NOW + timedelta(hours=25))
    assert not quick.holds


def test_the_private_key_is_its_owners_alone_and_a_lost_one_is_not_replaced_in_silence(
    database: Database, files: CheckpointFiles
) -> None:
    write_products(database, 1)
    service.verify_and_sign(database, files, "acme", NOW)
    private = files.folder / "signing-key.pem"
    assert private.stat().st_mode & 0o777 == 0o600
    private.unlink()
    write_products(database, 1, prefix="q")
    with pytest.raises(Exception, match="private key"):
        service.verify_and_sign(database, files, "acme", NOW)
    assert service.verify(database, files, "acme").holds


def test_a_line_that_a_crash_left_unfinished_is_nobodys_checkpoint(database: Database, files: CheckpointFiles) -> None:
    write_products(database, 1)
    service.verify_and_sign(database, files, "acme", NOW)
    (path,) = files.folder.glob("checkpoints-*")
    with path.open("ab") as file:
        file.write(b'{"change_no":7,"entry_')
    assert len(files.read("acme")) == 1
    write_products(database, 1, prefix="q")
    service.verify_and_sign(database, files, "acme", NOW)
    assert [one.change_no for one in files.read("acme")] == [1, 2]


def test_a_tenants_name_is_never_a_path(database: Database, files: CheckpointFiles) -> None:
    for tenant in ("../../etc", "a/b", "ü" * 100, "."):
        write_products(database, 1, tenant)
        service.verify_and_sign(database, files, tenant, NOW)
        assert service.verify(database, files, tenant).checkpoints == 1
    assert {path.parent for path in files.folder.rglob("*")} == {files.folder}


def test_the_hourly_job_signs_each_tenant_once(database: Database, tmp_path: Path) -> None:
    from transactional_api.audit.jobs import JOBS
    from transactional_api.settings import Settings

    settings = Settings(home=tmp_path, database_url=str(database.url), audit_folder=tmp_path / "elsewhere")
    write_products(database, 1, "acme")
    write_products(database, 1, "globex")
    (job,) = JOBS
    assert [job.run(database, settings), job.run(database, settings)] == [2, 0]
    assert len(list((tmp_path / "elsewhere").glob("checkpoints-*.jsonl"))) == 2


def test_the_fast_hash_is_the_defined_one_for_any_text(database: Database) -> None:
    names = ['"quotes"\\', "tab\tnewline\n", "ünïcödé", "\u2028\u2029", "\U0001f600", "\x7f\x1f", "</script>", ""]
    for number, name in enumerate(names):
        with database.transaction("acme", f"actor {name}") as unit:
            from transactional_api.kit.change_log import Entry

            unit.session.log.append(Entry("products", f"k{number}{name}", "insert", None, {"name": name}, [name]))  # type: ignore[union-attr]
            unit.session.hold_tenant()
    assert database.verify_chain("acme").entries == len(names)
    assert hash_entry({"b": 1, "a": None}) == hash_entry({"a": None, "b": 1})


def test_a_forged_checkpoint_names_its_line(database: Database, files: CheckpointFiles) -> None:
    write_products(database, 2)
    service.verify_and_sign(database, files, "acme", datetime(2026, 1, 1, tzinfo=UTC))
    (path,) = files.folder.glob("checkpoints-*")
    path.write_text(path.read_text().replace('"change_no":2', '"change_no":1'))
    with pytest.raises(CheckpointsBroken, match="checkpoint 1 was not signed"):
        files.read("acme")
    verdict = service.verify(database, files, "acme")
    assert verdict.chain.holds and not verdict.holds
