"""Many strings about one person, sown everywhere that values come in; after the erasure no byte of them is left."""

import gzip
import itertools
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from tests.integration.core import canaries
from tests.integration.core.canaries import SOWN, Canaries, personal_texts
from tests.integration.core.conftest import Api
from tests.integration.core.receiver import receiving
from tests.orchestration.houses import differing_tables, new_home, newest_version, revhouse, rows
from transactional_api.audit.service import checkpoint_files, verify
from transactional_api.customers.service import change_customer, create_customer
from transactional_api.database import Database
from transactional_api.idempotency.service import Answer, Claim, keep
from transactional_api.invoices.rules import NewLine
from transactional_api.invoices.service import post_invoice, stage_invoice
from transactional_api.invoices.tables import InvoiceLine
from transactional_api.main import create_app
from transactional_api.operations.logs import JsonLines
from transactional_api.privacy.cleaning import clean
from transactional_api.settings import Settings as CoreSettings

GONE, STAYS = "C-GONE", "C-STAYS"
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def found_in(home: Path) -> dict[str, set[str]]:
    """Every canary that stands in a file, by the file: in its bytes, unpacked, and as DuckDB reads it."""
    found: dict[str, set[str]] = {}
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        canaries: set[str] = set(SOWN.findall(str(path.relative_to(home))))
        content = path.read_bytes()
        contents = [content]
        if content[:2] == b"\x1f\x8b":
            contents.append(gzip.decompress(content))
        for one, encoding in itertools.product(contents, ENCODINGS):
            if "kanarie".encode(encoding) in one.lower():
                canaries |= set(SOWN.findall(one.decode(encoding, "replace")))
                canaries |= set(SOWN.findall(one[1:].decode(encoding, "replace")))
        canaries |= set(SOWN.findall(" ".join(as_read(path))))
        if canaries:
            found[str(path.relative_to(home))] = {canary.lower() for canary in canaries}
    return found


def as_read(path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        with duckdb.connect() as con:
            yield str(con.sql(f"from read_parquet('{path}')").fetchall())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for schema, name in con.sql("select schema_name, table_name from duckdb_tables()").fetchall():
                yield str(con.sql(f'from "{schema}"."{name}"').fetchall())


def sow_core(home: Path, canary: Canaries) -> None:
    """Through the core's own services, as the endpoints do it; a stored answer as idempotency keeps it."""
    database = Database(f"sqlite:///{home / 'core.db'}")
    database.migrate()
    name = canary("{} Vogel")
    with database.transaction("default", "test") as unit:
        for customer_id, theirs in ((GONE, name), (STAYS, "Bleibt Hier")):
            create_customer(
                unit,
                customer_id=customer_id,
                name=theirs,
                created_on=date(2026, 1, 1),
                currency="USD",
                email=canary("{}@alt.example") if customer_id == GONE else "bleibt@hier.example",
                vat_number=canary("DE{}") if customer_id == GONE else None,
            )
        described = "description" in InvoiceLine.personal_columns
        for number, customer_id in enumerate((GONE, STAYS)):
            stage_invoice(
                unit,
                invoice_id=f"I-CORE{number}",
                customer_id=customer_id,
                issued_on=date(2026, 2, 1),
                due_on=date(2026, 3, 1),
                currency="USD",
                lines=[NewLine(12345, description=canary("work for {}") if described and not number else None)],
            )
            post_invoice(unit, f"I-CORE{number}", needs_approval=False)
        keep(unit, Claim("somebody", "k1", "print"), Answer(201, f'{{"name":"{name}","note":"{canary()}"}}'))
    with database.transaction("default", "test") as unit:
        change_customer(unit, GONE, {"email": canary("{}@neu.example")})
    database.close()


def sow_http(home: Path, canary: Canaries) -> None:
    """Over HTTP, in every domain; the log lines of the server are kept in the home and have to be clean all along."""
    settings = CoreSettings(
        home=home, database_url=f"sqlite:///{home / 'core.db'}", run_jobs=False, **canaries.SETTINGS
    )
    lines = logging.FileHandler(home / "server.log")
    lines.setFormatter(JsonLines())
    root = logging.getLogger()
    root.addHandler(lines)
    try:
        with receiving() as receiver, TestClient(create_app(settings)) as client:
            canaries.sow(Api(client, "default"), GONE, canary, receiver)
            logging.getLogger("test").error("the last line")
    finally:
        root.removeHandler(lines)
        lines.close()


def sow_files(folder: Path, canary: Canaries) -> list[Path]:
    """One folder of files: accepted, quarantined in part, refused; plain, packed, with a mark, in another encoding."""
    folder.mkdir()
    own_name = canary("{} Vogelsang")

    def write(name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = folder / name
        content = "\n".join(lines).encode(encoding) + b"\n"
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    head = "customer_id,name,email,vat_number,created_on,phone,home address"
    forms = ("{} Ü", "{}@x.example", "{}", "+49 {}", "{} Str. 1")
    theirs = []
    for _ in range(4):
        name, email, vat, phone, address = map(canary, forms)
        theirs.append(f"{GONE},{name},{email},{vat},2026-01-01,{phone},{address}")
    stays = f"{STAYS},Bleibt Hier,bleibt@hier.example,,2026-01-01,+49 555,Hierweg 1"
    return [
        write("first.csv", head, f"{GONE},{own_name},a@b.example,,2026-01-01,,", stays),
        write(f"{canary('export of {}')}.csv", head, theirs[0], stays + "0"),
        write("packed.csv.gz", head, theirs[1]),
        write("marked.csv", head, theirs[2].replace("2026-01-01", "someday"), encoding="utf-8-sig"),
        write("latin.csv", head, theirs[3], encoding="latin-1"),
        write("wide.csv", head, f"{GONE},{canary()},{canary()},,2026-01-01,,", encoding="utf-16"),
        write("ragged.csv", head, f"{GONE},{canary()},{canary()},,2026-01-01,,,{canary()},{canary()}"),
        write("unknown.csv", "who,what", f"{canary()},{canary()}"),
        write(f"again {canary()}.csv", head, f"{GONE},{own_name},a@b.example,,2026-01-01,,", stays),
        write(
            "deals.csv",
            "deal_id,created_at,stage,amount,currency,customer_id,name,close_reason,closed_on,notes",
            f"D1,2026-01-05T10:00:00Z,lost,100,USD,{GONE},"
            + f"{canary('{} deal')},{canary('{} said no')},2026-02-01,{canary()}",
            f"D2,2026-01-05T10:00:00Z,lost,200,USD,{STAYS},Deal of Bleibt,price,2026-02-01,stays",
        ),
        write(
            "payments.csv",
            "payment_id,customer_id,received_on,amount,currency,reference",
            f"P1,{GONE},2026-02-03,50.00,USD,{canary('from {}')}",
            f"P2,{STAYS},2026-02-03,60.00,USD,from Bleibt",
            f"P3,{GONE},2026-02-03,not money,USD,{canary('from {}')}",
        ),
        write(
            "invoices.csv",
            "invoice_id,customer_id,issued_on,due_on,currency,status",
            f"INV-G,{GONE},2026-02-01,2026-03-01,USD,posted",
            f"INV-S,{STAYS},2026-02-01,2026-03-01,USD,posted",
        ),
        write(
            "lines.csv",
            "line_id,invoice_id,net_amount,description,contact",
            f"L1,INV-G,80.00,{canary('for {}')},{canary()}",
            "L2,INV-S,90.00,for Bleibt,stays",
            f"L3,INV-G,1e5,{canary('for {}')},{canary()}",
            f'L4,INV-G,10.00,"{canary("two lines for {}")}\nand {canary()}",{canary()}',
        ),
        write(
            "credits.csv",
            "credit_note_id,customer_id,issued_on,amount,currency,reason",
            f"CN1,{GONE},2026-02-10,5.00,USD,{canary('{} complained')}",
        ),
        write(
            "bank.csv",
            "posted_on,amount,currency,description,reference",
            f"2026-02-03,50.00,USD,transfer of {own_name} thanks,",
            "2026-02-03,60.00,USD,transfer of Bleibt,",
        ),
        write(
            "usage.csv",
            "customer_id,used_on,metric,quantity,seat",
            f"{GONE},2026-02-01,logins,3,{canary()}",
            f"{STAYS},2026-02-01,logins,4,stays",
        ),
        write(
            "tickets.csv",
            "ticket_id,customer_id,opened_at,subject,reporter",
            f"T1,{GONE},2026-02-01T09:00:00Z,{canary('{} cannot log in')},{canary()}",
        ),
        write(
            "leads.csv",
            "lead_id,created_on,channel,customer_id,who",
            f"LE1,2026-01-01,web,{GONE},{canary()}",
        ),
        write(
            "subscriptions.csv",
            "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval,contact",
            f"S1,{GONE},2026-01-01,29.00,USD,month,{canary()}",
            f"S2,{STAYS},2026-01-01,31.00,USD,month,stays",
        ),
    ]


MONEY = ("revenue_metrics", "mrr_movements", "mrr_events", "ar_aging", "ar_aging_summary", "ar_unapplied")


@pytest.fixture(scope="module")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was built with everything in it."""
    folder = tmp_path_factory.mktemp("erasing")
    home = new_home(folder / "home")
    canary = Canaries()
    sow_core(home, canary)
    sow_http(home, canary)
    files = sow_files(folder / "files", canary)
    revhouse(home, "drop", *map(str, files))
    built = revhouse(home, "build", "--as-of", "2026-03-31")
    assert built.returncode == 0, built.stderr
    return home


@pytest.fixture
def built_twice(home: Path) -> Path:
    """Something of the person came in late, so that there are two versions and two runs."""
    late = home.parent / "late.csv"
    late.write_text(f"customer_id,name,created_on\n{GONE},Kanarie99 Spät,2026-01-01\n", encoding="utf-8")
    revhouse(home, "drop", str(late))
    second = revhouse(home, "build", "--as-of", "2026-03-31")
    assert second.returncode == 0, second.stderr
    assert len(list((home / "warehouse").glob("warehouse-*.duckdb"))) == 2
    return home


@pytest.fixture
def home(tmp_path: Path, sown: Path) -> Path:
    return Path(shutil.copytree(sown, tmp_path / "home"))


def value_of(home: Path, sql: str) -> list[tuple[Any, ...]]:
    return rows(newest_version(home), sql)


def assert_erased(home: Path, before: Path) -> None:
    left = found_in(home)
    assert left == {}, {file: sorted(canaries) for file, canaries in left.items()}
    assert len(list((home / "warehouse").glob("warehouse-*.duckdb"))) == 1
    names = value_of(home, "select name from staging.stg_csv__customers where name is not null")
    assert ("Bleibt Hier",) in names
    differing = differing_tables(before, newest_version(home), ("marts",))
    assert not set(differing) & {f"marts.{table}" for table in MONEY}


def test_more_than_ninety_canaries_stand_in_the_home_before_the_erasure(sown: Path) -> None:
    found = found_in(sown)
    assert len(set().union(*found.values())) >= 90
    assert "the last line" in (sown / "server.log").read_text(encoding="utf-8")
    assert list((sown / "accounting").rglob("*.csv"))
    clean_from_the_start = [file for file in found if file.startswith(("server.log", "accounting", "audit"))]
    assert clean_from_the_start == [], "log lines, journals and checkpoints never hold a value"


def test_every_personal_column_of_the_core_is_sown_and_no_other_column_holds_a_value(sown: Path) -> None:
    with closing(sqlite3.connect(sown / "core.db")) as core:
        held = set()
        for (table,) in core.execute("select name from sqlite_master where type = 'table'").fetchall():
            cursor = core.execute(f'select * from "{table}"')
            names = [one[0] for one in cursor.description]
            for row in cursor:
                held |= {
                    (table, name)
                    for name, cell in zip(names, row, strict=True)
                    if isinstance(cell, (str, bytes)) and SOWN.search(as_text(cell))
                }
    assert personal_texts() - held == {("envelopes", "signer_address")}, "sow a new column in canaries.py"
    assert held - personal_texts() == {("idempotency_keys", "body")}, "name the column personal, or a holder"


def as_text(cell: str | bytes) -> str:
    return cell if isinstance(cell, str) else cell.decode("utf-8", "replace")


@pytest.mark.long
def test_an_erasure_over_http_leaves_nothing_after_the_next_build(built_twice: Path, tmp_path: Path) -> None:
    home = built_twice
    before = Path(shutil.copy(newest_version(home), tmp_path / "before.duckdb"))
    settings = CoreSettings(home=home, database_url=f"sqlite:///{home / 'core.db'}", run_jobs=False)
    with TestClient(create_app(settings)) as client:
        status, erasure = Api(client, "default").call("POST", f"/api/v1/customers/{GONE}/erase", {})
        assert status == 201, erasure
    built = revhouse(home, "build", "--as-of", "2026-03-31")
    assert built.returncode == 0, built.stderr
    database = Database(settings.database_url)
    assert clean(database) == 1
    assert verify(database, checkpoint_files(settings), "default").holds
    database.close()
    assert_erased(home, before)
    again = revhouse(home, "build", "--as-of", "2026-03-31")
    assert again.returncode == 0, again.stderr
    assert found_in(home) == {}


def test_the_command_erases_everything_at_once_and_names_each_step(home: Path, tmp_path: Path, sown: Path) -> None:
    before = Path(shutil.copy(newest_version(home), tmp_path / "before.duckdb"))
    (home / "tenants.toml").write_text("[tenant.default]\nas_of = 2026-03-31\n", encoding="utf-8")
    erased = revhouse(home, "erase", GONE)
    assert erased.returncode == 0, erased.stderr
    told = erased.stdout + erased.stderr
    for step in ("core:", "erasures:", "publish:", "erasing:", "core files: rewritten", "is the only one kept"):
        assert step in told, told
    assert_erased(home, before)


@pytest.mark.long
def test_the_same_content_still_counts_once_and_a_later_export_that_names_the_person_is_blanked(
    home: Path, sown: Path
) -> None:
    (home / "tenants.toml").write_text("[tenant.default]\nas_of = 2026-03-31\n", encoding="utf-8")
    assert revhouse(home, "erase", GONE).returncode == 0
    files = sown.parent / "files"
    repeated = revhouse(home, "drop", str(files / "payments.csv"))
    assert "duplicate_ignored" in repeated.stdout, repeated.stdout
    monthly = home.parent / "monthly.csv"
    monthly.write_text(
        f"customer_id,name,created_on\n{GONE},Kanarie98 Rest,2026-01-01\nC-NEW,Ganz Neu,2026-01-01\n", encoding="utf-8"
    )
    assert revhouse(home, "drop", str(monthly)).returncode == 0
    built = revhouse(home, "build")
    assert built.returncode == 0, built.stderr
    assert found_in(home) == {}
    assert ("Ganz Neu",) in value_of(home, "select name from staging.stg_csv__customers")


@pytest.mark.long
def test_a_home_without_a_core_erases_from_files_alone(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    canary = Canaries()
    (home / "tenants.toml").write_text("[tenant.acme]\nas_of = 2026-03-31\n", encoding="utf-8")
    revhouse(home, "drop", *map(str, sow_files(tmp_path / "files", canary)), "--tenant", "acme")
    assert revhouse(home, "build").returncode == 0
    unknown = revhouse(home, "erase", "C-NOBODY", "--tenant", "acme")
    assert (unknown.returncode, "C-NOBODY" in unknown.stderr) == (1, True)
    assert len(set().union(*found_in(home).values())) > 40
    erased = revhouse(home, "erase", GONE, "--tenant", "acme")
    assert erased.returncode == 0, erased.stderr
    assert found_in(home) == {}


def test_an_erasure_that_is_killed_anywhere_is_finished_by_the_next_build(home: Path) -> None:
    from ingestion import erasing
    from ingestion.erasing import Request
    from ingestion.journal import Journal

    class Killed(BaseException):
        """Stands for the end of the process."""

    def die_at(wanted: str) -> Any:
        def step(name: str) -> None:
            if name == wanted:
                raise Killed

        return step

    request = Request("default", GONE, "era_by_hand")
    for place in ("written", "renamed", "planned", "committed"):
        with pytest.raises(Killed):
            erasing.erase(home, [request], die_at(place))
        with Journal(home) as journal:
            lake = home / "intake"
            assert all(
                (lake / row["path"]).exists() for row in journal.rows("select path from parts where path is not null")
            )
    erasing.erase(home, [request])
    left = [file for file in found_in(home) if file.startswith(("intake", "drop"))]
    assert [file for file in left if not file.startswith("intake/personal/")] == [], "only the core's own copy is left"
