"""A company whose months are closed, and what becomes known about them later."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

from ingestion.app import extract
from orchestration.demo.company import invent_company
from orchestration.demo.write import split_company, write_company_csv, write_core
from orchestration.settings import Settings
from tests.orchestration import houses
from tests.orchestration.houses import new_home
from transactional_api.database import Database, UnitOfWork

TENANT = "acme"
AS_OF = date(2026, 10, 31)

# Known before anything is closed, and taken back afterwards.
TO_BE_UNDONE = {
    "bills": "bill_id,vendor_id,issued_on,due_on,amount,currency,tax_amount,category\n"
    "B-UNDONE,V1,2026-07-10,2026-08-09,119.00,USD,19.00,rent\n",
}
EARLIER = {
    "payments": "payment_id,customer_id,received_on,amount,currency,invoice_id\n"
    "P-AHEAD,C00009,2026-07-30,500.00,USD,\n",
    "bills": "bill_id,vendor_id,issued_on,due_on,amount,currency,tax_amount,category\n"
    "B-CHANGED,V2,2026-07-05,2026-08-04,60.00,USD,10.00,rent\n"
    "B-KEPT,V2,2026-08-20,2026-09-19,80.00,USD,0.00,rent\n",
    "bill_payments": "bill_payment_id,bill_id,paid_on,amount\nQ-AHEAD,B-KEPT,2026-07-25,30.00\n",
    "contracts": "contract_id,customer_id,signed_on,starts_on,ends_on,total_amount,currency\n"
    "K1,C00003,2026-06-01,2026-07-01,2027-06-30,1200.00,USD\n",
    "obligations": "obligation_id,contract_id,standalone_price,recognition,starts_on,ends_on\n"
    "O1,K1,1200.00,over_time,2026-07-01,2027-06-30\n",
}
# Dated in closed months, dropped after they were closed.
LATE = {
    "credit_notes": "credit_note_id,customer_id,issued_on,amount,tax_amount,currency,invoice_id\n"
    "N-LATE,C00009,2026-07-30,100.00,0.00,USD,INV000037\n",
    "invoices": "invoice_id,customer_id,issued_on,due_on,currency,status,subscription_id,ship_to_country\n"
    "I-LATE,C00003,2026-07-01,2026-07-31,USD,posted,,DE\n"
    "INV000012,C00003,2026-06-26,2026-08-05,USD,posted,S00003,US\n",
    "invoice_lines": "line_id,invoice_id,net_amount,tax_rate,tax_amount,tax_code,service_starts_on,service_ends_on\n"
    "I-LATE-1,I-LATE,120.00,0.19,22.80,standard,2026-07-01,2026-10-31\n"
    "INV000036-1,INV000036,1000.00,0,0.00,zero_rated,2026-06-28,2026-07-27\n",
    "subscriptions": "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval,item_id,product_id,"
    "interval_count,quantity\nS00009,C00009,2026-06-28,90.00,USD,month,S00009-seats,team,1,17\n"
    "S-LATE,C00003,2026-08-01,40.00,USD,month,S-LATE-1,starter,1,1\n",
    "fx_rates": "rate_on,base,quote,rate\n2026-07-31,EUR,USD,1.5\n2026-08-31,EUR,USD,1.6\n",
    "bills": "bill_id,vendor_id,issued_on,due_on,amount,currency,tax_amount,category\n"
    "B-LATE,V1,2026-08-15,2026-09-14,238.00,USD,38.00,rent\n"
    "B-CHANGED,V2,2026-07-05,2026-09-04,72.00,USD,12.00,rent\n",
    "contract_modifications": "modification_id,contract_id,effective_on,price_change,is_distinct,"
    "is_at_standalone_price,obligation_id\nM-LATE,K1,2026-08-01,240.00,false,false,O1\n",
    "expenses": "expense_id,spent_on,amount,currency,category,tax_amount\nE-LATE,2026-07-07,11.90,USD,travel,1.90\n",
}


def start(folder: Path) -> Path:
    """A home whose core and drops have eight months of a company, none of them closed."""
    home = new_home(folder / "home")
    company = invent_company(9, customers=12, months=8, currencies=(("USD", 1.0), ("EUR", 0.5)))
    core, drops = split_company(company)
    write_core(core, settings_of(home), TENANT)
    write_company_csv(drops, folder / TENANT)
    houses.drop(home, folder / TENANT, tenant=TENANT)
    for name, files in (("undone", TO_BE_UNDONE), ("earlier", EARLIER)):
        drop_texts(home, folder / name, files)
    return home


def settings_of(home: Path) -> Settings:
    return Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")


def drop_texts(home: Path, folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{folder.name}_{name}.csv").write_text(text)
    houses.drop(home, folder, tenant=TENANT)


def in_core(home: Path, act: Callable[[UnitOfWork], object]) -> None:
    database = Database(f"sqlite:///{home / 'core.db'}")
    with database.transaction(TENANT, "controller") as unit:
        act(unit)
    database.close()
    extract(home, f"sqlite:///{home / 'core.db'}")


def build(home: Path, as_of: date = AS_OF, known_at: int | None = None) -> Path:
    return houses.build(home, as_of, known_at=known_at, publish_anyway=True)


def copy_of(home: Path, name: str) -> Path:
    return Path(shutil.copytree(home, home.parent / name))
