"""One company in which each tool counts something otherwise, one customer per reason."""

from datetime import date

from tests.warehouse.tables import table
from tests.warehouse.world import World

SUBSCRIPTIONS = """
    subscription_id | customer_id | started_on | unit_amount | currency | billing_interval
    late            | late        | 2024-01-01 | 70          | USD      | month
    euro            | euro        | 2024-01-15 | 1200        | EUR      | year
"""
DISCOUNTED = """
    subscription_id | customer_id | started_on | unit_amount | billing_interval | discount_percent | discount_ends_on
    seat            | seat        | 2024-01-10 | 100         | month            | 20               | 2024-02-20
"""
USAGE = """
    subscription_id | customer_id | started_on | unit_amount | billing_interval | product_id | minimum_commitment
    meter           | meter       | 2024-01-01 | 0           | quarter          | METER      | 300
"""
ENDING = """
    subscription_id | customer_id | started_on | unit_amount | billing_interval | cancel_requested_on | ended_on
    leaver          | leaver      | 2024-01-01 | 50          | month            | 2024-02-10          | 2024-04-01
"""
PAUSED = """
    subscription_id | customer_id | started_on | unit_amount | currency | billing_interval | paused_from | paused_until
    sleeper         | sleeper     | 2024-01-01 | 40          | USD      | month            | 2024-02-05  | 2024-03-15
"""
INVOICES = """
    invoice_id | customer_id | issued_on  | due_on     | currency | status | subscription_id
    I1         | late        | 2024-01-01 | 2024-01-20 | USD      | posted | late
    I2         | euro        | 2024-01-15 | 2024-02-14 | EUR      | posted | euro
    I3         | seat        | 2024-02-10 | 2024-03-11 | USD      | posted | seat
"""
LINES = """
    line_id | invoice_id | net_amount | product_id | service_starts_on | service_ends_on
    L1      | I1         | 70         |            | 2024-01-01        | 2024-01-31
    L2      | I2         | 1200       |            | 2024-01-15        | 2025-01-14
    L3      | I3         | 100        |            | 2024-02-10        | 2024-03-09
    L4      | I3         | 500        | SETUP      |                   |
"""
UNRATED = """
    invoice_id | customer_id | issued_on  | due_on     | currency | status
    U          | u           | 2024-02-01 | 2024-03-01 | SEK      | posted
"""
RATES = """
    rate_on    | base | quote | rate
    2023-12-29 | EUR  | USD   | 1.08
    2024-01-31 | EUR  | USD   | 1.10
    2024-02-29 | EUR  | USD   | 1.20
    2024-03-29 | EUR  | USD   | 1.05
"""
USAGE_INVOICES = """
    invoice_id | customer_id | issued_on  | due_on     | currency | status
    A          | c           | 2024-01-31 | 2024-02-28 | USD      | posted
    B          | c           | 2024-02-29 | 2024-03-28 | SEK      | posted
    C          | c           | 2024-03-31 | 2024-04-28 | USD      | draft
    D          | c           | 2024-03-31 | 2024-04-28 | USD      | posted
"""
USAGE_LINES = """
    line_id | invoice_id | net_amount | product_id
    A1      | A          | 12.34      | CALLS
    A2      | A          | 500        |
    B1      | B          | 7          | CALLS
    C1      | C          | 9          | CALLS
    D1      | D          | 3          | CALLS
    D2      | D          | 2.5        | CALLS
"""


def fill_definitions(world: World) -> None:
    world.tenant("why", date(2024, 3, 31))
    for rows in (SUBSCRIPTIONS, DISCOUNTED, USAGE, ENDING, PAUSED):
        world.csv("why", "subscriptions", table(rows))
    world.csv("why", "products", table("product_id | name | kind\nMETER | Calls | usage\nSETUP | Setup | one_time"))
    world.csv("why", "invoices", table(INVOICES))
    world.csv("why", "invoice_lines", table(LINES))
    world.csv("why", "fx_rates", table(RATES))
    # Sells in a currency without rates and has no subscription: builds, and the sum of its invoices has no value.
    world.tenant("unrated", date(2024, 3, 31))
    world.csv("unrated", "invoices", table(UNRATED))
    world.csv("unrated", "invoice_lines", table("line_id | invoice_id | net_amount\nU1 | U | 10"))
    world.tenant("calls", date(2024, 3, 31))
    world.csv("calls", "products", table("product_id | name | kind\nCALLS | Calls | usage"))
    world.csv("calls", "invoices", table(USAGE_INVOICES))
    world.csv("calls", "invoice_lines", table(USAGE_LINES))
