"""Two companies whose MRR, invoices and revenue disagree for reasons that have names."""

from datetime import date

from tests.warehouse.tables import table
from tests.warehouse.world import World


def fill_bridge(world: World) -> None:
    _year(world)
    _mix(world)


def _year(world: World) -> None:
    world.tenant("bridge_year", date(2024, 2, 29), currency="EUR", reporting_currency="EUR")
    world.csv(
        "bridge_year",
        "subscriptions",
        table("""
            subscription_id | customer_id | started_on | unit_amount | currency | billing_interval
            S1              | C1          | 2024-01-16 | 1200        | EUR      | year
        """),
    )
    world.csv(
        "bridge_year",
        "invoices",
        table("""
            invoice_id | customer_id | issued_on  | due_on     | currency | status | subscription_id
            I1         | C1          | 2024-01-16 | 2024-02-15 | EUR      | posted | S1
        """),
    )
    world.csv(
        "bridge_year",
        "invoice_lines",
        table("""
            line_id | invoice_id | net_amount | tax_rate | service_starts_on | service_ends_on
            L1      | I1         | 1200       | 0.2      | 2024-01-16        | 2025-01-15
        """),
    )


def _mix(world: World) -> None:
    world.tenant("bridge_mix", date(2024, 3, 31))
    world.csv(
        "bridge_mix",
        "products",
        table("""
            product_id | name  | kind
            plan       | Plan  | subscription
            calls      | Calls | usage
            setup      | Setup | one_time
        """),
    )
    world.csv(
        "bridge_mix",
        "subscriptions",
        table("""
            subscription_id|customer_id|product_id|started_on|unit_amount|billing_interval|minimum_commitment
            S1             |C1         |plan      |2024-01-01|30         |month           |
            S2             |C1         |calls     |2024-01-01|1          |month           |20
        """),
    )
    world.csv(
        "bridge_mix",
        "invoices",
        table("""
            invoice_id | customer_id | issued_on  | due_on     | currency | status | subscription_id | voided_on
            January    | C1          | 2024-01-01 | 2024-01-31 | USD      | posted | S1              |
            Setup      | C1          | 2024-01-01 | 2024-01-31 | USD      | void   | S1              | 2024-03-05
            February   | C1          | 2024-02-01 | 2024-02-29 | USD      | posted | S1              |
        """),
    )
    world.csv(
        "bridge_mix",
        "invoice_lines",
        table("""
            line_id | invoice_id | product_id | net_amount | service_starts_on | service_ends_on
            L1      | January    | plan       | 30         | 2024-01-01        | 2024-01-31
            L2      | Setup      | setup      | 200        |                   |
            L3      | February   | plan       | 30         | 2024-02-01        | 2024-02-29
            L4      | February   | calls      | 55         |                   |
        """),
    )
    world.csv(
        "bridge_mix",
        "credit_notes",
        table("""
            credit_note_id | customer_id | issued_on  | amount | currency | invoice_id
            N1             | C1          | 2024-02-20 | 10     | USD      | February
        """),
    )
