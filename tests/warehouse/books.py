"""Small companies with books: one that sells, one that buys, one with its own accounts, one with a daughter."""

from datetime import date

from tests.warehouse.tables import table
from tests.warehouse.world import World


def fill_books(world: World) -> None:
    _seller(world)
    _buyer(world)
    _mapped(world)
    _daughter(world)


def _seller(world: World) -> None:
    world.tenant("books_seller", date(2024, 3, 31), currency="EUR", reporting_currency="EUR")
    world.csv(
        "books_seller",
        "invoices",
        table("""
            invoice_id | customer_id | issued_on  | due_on     | currency | status | voided_on
            I1         | C1          | 2024-02-01 | 2024-02-28 | EUR      | posted |
            I2         | C1          | 2024-02-05 | 2024-02-28 | EUR      | void   | 2024-03-10
        """),
    )
    world.csv(
        "books_seller",
        "invoice_lines",
        table("""
            line_id | invoice_id | net_amount | tax_rate | tax_amount | product_id | service_starts_on | service_ends_on
            L1      | I1         | 300        | 0.2      | 60         | plan       | 2024-02-01        | 2024-04-30
            L2      | I2         | 50         | 0.2      | 10         | setup      |                   |
        """),
    )
    world.csv(
        "books_seller",
        "payments",
        table("""
            payment_id | customer_id | received_on | amount | currency | invoice_id
            P1         | C1          | 2024-01-20  | 180    | EUR      | I1
        """),
    )
    world.csv(
        "books_seller",
        "credit_notes",
        table("""
            credit_note_id | customer_id | issued_on  | amount | tax_amount | currency | invoice_id
            N1             | C1          | 2024-03-05 | 36     | 6          | EUR      | I1
            N2             | C1          | 2024-03-06 | 12     | 2          | EUR      |
        """),
    )
    world.csv(
        "books_seller", "write_offs", table("write_off_id|invoice_id|written_off_on|amount\nW1|I1|2024-03-20|100")
    )
    world.csv(
        "books_seller", "refunds", table("refund_id|payment_id|refunded_on|amount|kind\nR1|P1|2024-03-25|80|chargeback")
    )


def _buyer(world: World) -> None:
    world.tenant("books_buyer", date(2024, 2, 29), currency="EUR", reporting_currency="EUR")
    world.csv(
        "books_buyer",
        "bills",
        table("""
            bill_id | vendor_id | issued_on  | due_on     | amount | tax_amount | currency | category
            B1      | V1        | 2024-01-10 | 2024-02-09 | 120    | 20         | EUR      | rent
            B2      | V1        | 2024-03-01 | 2024-03-09 | 999    |            | EUR      | rent
        """),
    )
    world.csv(
        "books_buyer",
        "bill_payments",
        table("bill_payment_id|bill_id|paid_on|amount\nQ1|B1|2024-01-05|50\nQ2|B1|2024-02-09|70"),
    )
    world.csv(
        "books_buyer",
        "expenses",
        table("""
            expense_id | spent_on   | amount | tax_amount | currency | category
            E1         | 2024-02-02 | 11.9   | 1.9        | EUR      | travel
        """),
    )
    world.csv(
        "books_buyer",
        "sales",
        table("""
            sale_id | sold_at          | sold_at_is_utc | product | quantity | unit_price | currency
            S1      | 2024-02-03 10:00 | false          | Tea     | 3        | 1.335      | EUR
            S2      | 2024-02-03 11:00 | false          | Tea     | -1       | 1          | EUR
        """),
    )


def _mapped(world: World) -> None:
    world.tenant("books_mapped", date(2024, 1, 31))
    world.app(
        "books_mapped",
        "gl_mappings",
        table("""
            purpose | detail | account | account_name
            expense | *      | 7700    | Overheads
            expense | rent   | 7010    | Rent
            cash    | *      | 1930    | Bank
        """),
    )
    expenses = "expense_id|spent_on|amount|currency|category\nE1|2024-01-01|5|USD|rent\nE2|2024-01-01|7|USD|travel"
    world.csv("books_mapped", "expenses", table(expenses))


def _daughter(world: World) -> None:
    world.tenant("books_group", date(2024, 1, 31))
    world.csv(
        "books_group",
        "entities",
        table("entity_id|name|currency|parent_entity_id\nroot|Root|USD|\nchild|Child|USD|root"),
    )
    world.csv(
        "books_group",
        "contracts",
        table("""
            contract_id | customer_id | signed_on  | starts_on  | ends_on    | total_amount | currency | entity_id
            K1          | C1          | 2024-01-01 | 2024-01-01 | 2024-12-31 | 0            | USD      | child
        """),
    )
    world.csv(
        "books_group",
        "invoices",
        table("""
            invoice_id | customer_id | issued_on  | due_on     | currency | status | entity_id | contract_id
            own        | C1          | 2024-01-02 | 2024-01-31 | USD      | posted | child     |
            contract   | C1          | 2024-01-02 | 2024-01-31 | USD      | posted |           | K1
            home       | C1          | 2024-01-02 | 2024-01-31 | USD      | posted |           |
        """),
    )
    lines = "\n".join(f"{name}|{name}|100" for name in ("own", "contract", "home"))
    world.csv("books_group", "invoice_lines", table(f"line_id|invoice_id|net_amount\n{lines}"))
    world.csv(
        "books_group",
        "payments",
        table("""
            payment_id | customer_id | received_on | amount | currency | invoice_id
            to_child   | C1          | 2024-01-10  | 100    | USD      | own
            to_nobody  | C1          | 2024-01-10  | 7      | USD      |
        """),
    )
