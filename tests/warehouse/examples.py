"""Companies made by hand, one per rule, all tenants of one build. What they must give stands in the tests."""

import csv
from datetime import date
from pathlib import Path

from tests.warehouse.books import fill_books
from tests.warehouse.bridge_examples import fill_bridge
from tests.warehouse.definition_examples import fill_definitions
from tests.warehouse.tables import table
from tests.warehouse.world import ROOT, World

REFERENCE = ROOT.parent / "shared" / "data"
EDGES = {0: "current", 1: "1-30", 30: "1-30", 31: "31-60", 60: "31-60", 61: "61-90", 90: "61-90"} | {
    91: "91-120",
    120: "91-120",
    121: "120+",
}
INTERVALS = {"MONTHLY": ("month", 1), "QUARTERLY": ("quarter", 1), "ANNUAL": ("year", 1)} | {
    "BIANNUAL": ("month", 6),
    "BIENNIAL": ("year", 2),
    "TRIENNIAL": ("year", 3),
    "BIMESTRIAL": ("month", 2),
    "THIRTY_DAYS": ("day", 30),
}

# A twin of mrr-playbook's file: the same shape and the same April, written for this project.
PLAYBOOK_TWIN = """
    subscription_id | customer_id | started_on | ended_on   | unit_amount
    1               | stays       | 2019-01-01 | 2019-08-01 | 400
    2               | grows       | 2018-11-01 | 2019-04-01 | 200
    3               | grows       | 2019-04-01 | 2019-07-01 | 265
    4               | steady      | 2019-02-01 | 2019-09-01 | 60
    5               | returns     | 2018-10-01 | 2019-01-01 | 50
    6               | returns     | 2019-04-01 | 2019-06-01 | 50
    7               | arrives     | 2019-04-01 | 2019-10-01 | 120
"""


def playbook_rows(rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    return [{"billing_interval": "month", "currency": None, **row} for row in rows]


def playbook_file() -> list[dict[str, str | None]] | None:
    path = REFERENCE / "subscription_periods" / "subscription_periods.csv"
    if not path.exists():
        return None
    with path.open(encoding="utf-8") as lines:
        return [
            {
                "subscription_id": row["subscription_id"],
                "customer_id": row["customer_id"],
                "started_on": row["start_date"],
                "ended_on": row["end_date"] or None,
                "unit_amount": row["monthly_amount"],
            }
            for row in csv.DictReader(lines)
        ]


def price_file() -> list[dict[str, str]] | None:
    path: Path = REFERENCE / "price_to_mrr" / "billing_period_price_to_mrr.csv"
    if not path.exists():
        return None
    with path.open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if row["billing_period"] in INTERVALS]


def fill(world: World) -> None:
    world.tenant("playbook_twin", date(2019, 12, 31))
    world.csv("playbook_twin", "subscriptions", playbook_rows(table(PLAYBOOK_TWIN)))
    if (periods := playbook_file()) is not None:
        world.tenant("playbook", date(2021, 12, 31))
        world.csv("playbook", "subscriptions", playbook_rows(periods))
    if (prices := price_file()) is not None:
        world.tenant("prices", date(2024, 1, 31))
        world.csv("prices", "subscriptions", [_priced(number, row) for number, row in enumerate(prices)])
    _bucket_edges(world)
    _ltv(world)
    _retail(world)
    _pipeline(world)
    _two_sources(world)
    _core_receivables(world)
    _small_seller(world)
    fill_definitions(world)
    fill_books(world)
    fill_bridge(world)


def _priced(number: int, row: dict[str, str]) -> dict[str, str]:
    interval, count = INTERVALS[row["billing_period"]]
    return {
        "subscription_id": f"S{number:03d}",
        "customer_id": f"C{number:03d}",
        "started_on": "2024-01-01",
        "unit_amount": row["price"],
        "billing_interval": interval,
        "interval_count": str(count),
    }


def _bucket_edges(world: World) -> None:
    as_of = date(2024, 6, 30)
    world.tenant("edges", as_of)
    for days in EDGES:
        due = date.fromordinal(as_of.toordinal() - days)
        name = f"late-{days}"
        world.csv(
            "edges",
            "invoices",
            [
                {
                    "invoice_id": name,
                    "customer_id": "C1",
                    "issued_on": date(2024, 1, 1),
                    "due_on": due,
                    "currency": "USD",
                    "status": "posted",
                }
            ],
        )
        world.csv("edges", "invoice_lines", [{"line_id": name, "invoice_id": name, "net_amount": 10}])


def _ltv(world: World) -> None:
    """Ten customers at 100, one leaves in February; price 100 and cost 25 make a gross margin of 75 %."""
    world.tenant("ltv", date(2024, 3, 31))
    world.csv(
        "ltv",
        "products",
        table("""
            product_id | name | kind         | standalone_price | unit_cost | currency
            P          | Plan | subscription | 200              | 50        | USD
        """),
    )
    world.csv(
        "ltv",
        "subscriptions",
        [
            {
                "subscription_id": f"S{n}",
                "customer_id": f"C{n}",
                "product_id": "P",
                "started_on": "2024-01-10",
                "ended_on": "2024-02-10" if n == 0 else None,
                "unit_amount": 100,
                "billing_interval": "month",
            }
            for n in range(10)
        ],
    )


def _retail(world: World) -> None:
    world.tenant("retail", date(2024, 3, 31), time_zone="America/New_York")
    world.csv(
        "retail",
        "sales",
        table("""
            sale_id | sold_at          | sold_at_is_utc | quantity | unit_price | order_id | customer_id | unit_cost
            1       | 2024-03-01 10:00 | false          | 3        | 2.555      | O1       | ann         | 1
            2       | 2024-03-01 10:00 | false          | 1        | 1.333      | O1       | ann         | 0.5
            3       | 2024-03-02 03:30 | true           | 1        | 2.555      | O2       | bob         | 1
            4       | 2024-03-05 09:00 | false          | -1       | 2.555      | C1       | ann         | 1
            5       | 2024-03-05 09:30 | false          | 2        | 1.5        | O3       | ann         |
        """),
    )


def _small_seller(world: World) -> None:
    """Sales and expenses written in the core, and again in a file: the core's rows stand, the file's are listed."""
    world.tenant("seller", date(2024, 3, 31), time_zone="America/New_York", currency="EUR")
    world.app(
        "seller",
        "sales",
        table("""
            sale_id | sold_at             | product | quantity | unit_price_minor | unit_cost_minor | currency
            S1      | 2024-03-02 03:30:00 | Tea     | 2.5      | 350              | 100             | EUR
            S2      | 2024-03-02 16:00:00 | Tea     | -1       | 350              | 100             | EUR
            S3      | 2024-03-02 16:00:00 | Cup     | 3        | 500              |                 | JPY
        """),
    )
    world.csv(
        "seller",
        "sales",
        table("""
            sale_id | sold_at          | sold_at_is_utc | product | quantity | unit_price
            S1      | 2024-03-01 10:00 | false          | Tea     | 99       | 3.5
            F1      | 2024-03-01 10:00 | false          | Tea     | 1        | 3.505
        """),
    )
    world.app(
        "seller",
        "expenses",
        table("""
            expense_id | spent_on   | amount_minor | currency | category | tax_amount_minor
            E1         | 2024-03-01 | 11900        | EUR      | travel   | 1900
        """),
    )
    world.app("seller", "expenses_personal", table("expense_id | vendor\nE1 | Taxi"))
    world.csv(
        "seller",
        "expenses",
        table("""
            expense_id | spent_on   | amount | currency | category
            E1         | 2024-03-01 | 1      | EUR      | rent
            E2         | 2024-03-02 | 50.5   | EUR      | rent
        """),
    )


def _pipeline(world: World) -> None:
    world.tenant("pipeline", date(2024, 3, 31))
    world.csv(
        "pipeline",
        "deals",
        table("""
            deal_id | created_at          | created_at_is_utc | stage       | amount | currency | closed_on
            won-1   | 2024-01-05 00:00:00 | true              | Won         | 1000   | USD      | 2024-02-14
            won-2   | 2024-01-10 00:00:00 | true              | closed_won  | 3000   | USD      | 2024-02-20
            lost    | 2024-01-15 00:00:00 | true              | Lost        | 500    | USD      | 2024-02-25
            open    | 2024-02-01 00:00:00 | true              | Negotiation | 2000   | USD      |
            no-date |                     |                   | Prospecting |        | USD      |
        """),
    )


def _two_sources(world: World) -> None:
    """The same subscription from the core and from a file: the core's row stands, the file's is listed."""
    world.tenant("both", date(2024, 3, 31))
    world.app("both", "customers", [{"customer_id": "C1"}])
    world.app("both", "subscriptions", [{"subscription_id": "S1", "customer_id": "C1", "currency": "EUR"}])
    world.app(
        "both",
        "subscription_periods",
        table("""
            subscription_id | item_id | started_on | billing_interval | interval_count | unit_amount_minor | quantity
            S1              | i1      | 2024-01-01 | month            | 1              | 12345             | 2
        """),
    )
    world.csv(
        "both",
        "subscriptions",
        table("""
            subscription_id | item_id | customer_id | started_on | billing_interval | unit_amount | currency
            S1              | i1      | C1          | 2024-01-01 | month            | 999         | EUR
        """),
    )
    world.csv(
        "both",
        "fx_rates",
        table("""
            rate_on    | base | quote | rate
            2023-12-29 | EUR  | USD   | 1.10
            2024-01-31 | EUR  | USD   | 1.20
            2024-02-29 | EUR  | USD   | 1.00
            2024-03-28 | EUR  | USD   | 1.05
        """),
    )


def _core_receivables(world: World) -> None:
    """Whatever the core takes off an invoice, or opens again, is in its ageing; what it only approved is not owed."""
    world.tenant("core-ar", date(2024, 6, 30))
    world.app("core-ar", "customers", [{"customer_id": "C1"}])
    world.app(
        "core-ar",
        "invoices",
        table("""
            invoice_id | customer_id | issued_on  | due_on     | currency | status
            paid       | C1          | 2024-01-01 | 2024-01-31 | USD      | posted
            parts      | C1          | 2024-01-01 | 2024-01-31 | USD      | posted
            approved   | C1          | 2024-01-01 | 2024-01-31 | USD      | approved
        """),
    )
    world.app(
        "core-ar",
        "invoice_lines",
        table("""
            line_id | invoice_id | net_minor | tax_minor | quantity
            l1      | paid       | 10000     | 0         | 1
            l2      | parts      | 30000     | 0         | 1
            l3      | approved   | 99900     | 0         | 1
        """),
    )
    world.app(
        "core-ar",
        "invoice_instalments",
        table("""
            invoice_id | due_on     | amount_minor
            parts      | 2024-05-31 | 10000
            parts      | 2024-07-31 | 20000
        """),
    )
    world.app(
        "core-ar",
        "payments",
        table("""
            payment_id | customer_id | received_on | amount_minor | currency | status
            P1         | C1          | 2024-02-01  | 10000        | USD      | succeeded
            P2         | C1          | 2024-02-01  | 10000        | USD      | unknown
        """),
    )
    world.app(
        "core-ar",
        "payment_allocations",
        table("""
            payment_id | invoice_id | allocated_on | amount_minor
            P1         | paid       | 2024-02-01   | 10000
        """),
    )
    world.app(
        "core-ar",
        "refunds",
        table("""
            refund_id | payment_id | invoice_id | kind       | refunded_on | amount_minor | currency | status
            R1        | P1         | paid       | refund     | 2024-03-01  | 2500         | USD      | succeeded
            R2        | P1         | paid       | refund     | 2024-03-02  | 1000         | USD      | failed
            R3        | P1         | paid       | chargeback | 2024-03-03  | 1000         | USD      | won
            R4        | P1         | paid       | chargeback | 2024-03-04  | 500          | USD      | lost
        """),
    )
    world.app(
        "core-ar",
        "credit_notes",
        table("""
            credit_note_id | customer_id | invoice_id | issued_on  | applied_on | amount_minor | tax_minor | currency
            N1             | C1          | parts      | 2024-04-01 | 2024-04-01 | 4000         | 0         | USD
        """),
    )
    world.app(
        "core-ar",
        "write_offs",
        table("""
            write_off_id | invoice_id | written_off_on | amount_minor | currency
            W1           | paid       | 2024-05-01     | 1200         | USD
        """),
    )
