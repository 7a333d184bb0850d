"""Sales and expenses over HTTP, and the short ways to enter them."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.core.conftest import Api

API = "/api/v1"
SALE = {
    "sale_id": "S1",
    "sold_at": "2026-02-03T10:00:00+01:00",
    "product": "Tea",
    "quantity": "2",
    "unit_price": "3.50",
}
EXPENSE = {"expense_id": "E1", "spent_on": "2026-02-03", "amount": "119.00", "category": "travel"}
CUSTOMER = {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01"}


def done(answer: tuple[int, Any], status: int = 200) -> Any:
    assert answer[0] == status, answer[1]
    return answer[1]


@pytest.mark.covers("POST /api/v1/sales")
@pytest.mark.covers("GET /api/v1/sales/{sale_id}")
@pytest.mark.covers("PATCH /api/v1/sales/{sale_id}")
@pytest.mark.covers("DELETE /api/v1/sales/{sale_id}")
def test_a_sale_is_written_changed_and_removed_and_the_log_knows(api: Api, other_api: Api) -> None:
    done(api.call("POST", f"{API}/customers", CUSTOMER), 201)
    made = done(api.call("POST", f"{API}/sales", SALE | {"customer_id": "C1", "order_id": "O1"}), 201)
    assert (made["currency"], made["sold_at"], made["quantity"]) == ("USD", "2026-02-03T09:00:00.000000Z", "2")
    assert done(api.call("GET", f"{API}/sales/S1")) == made
    assert other_api.call("GET", f"{API}/sales/S1")[0] == 404
    changed = done(api.call("PATCH", f"{API}/sales/S1", {"quantity": "-2.5", "order_id": None, "unit_cost": "1.20"}))
    assert (changed["quantity"], changed["order_id"], changed["unit_cost"], changed["product"]) == (
        "-2.5",
        None,
        "1.20",
        "Tea",
    )
    assert done(api.call("GET", f"{API}/sales/S1")) == changed
    assert api.call("DELETE", f"{API}/sales/S1")[0] == 204
    assert api.call("GET", f"{API}/sales/S1")[0] == 404
    assert [entry.operation for entry in api.log("sales", "S1")] == ["insert", "update", "delete"]


@pytest.mark.covers("GET /api/v1/sales")
def test_sales_are_listed_by_page_customer_and_time(api: Api, other_api: Api) -> None:
    done(api.call("POST", f"{API}/customers", CUSTOMER), 201)
    for number in range(5):
        day = {"sale_id": f"S{number}", "sold_at": f"2026-02-0{number + 1}T00:00:00Z"}
        done(api.call("POST", f"{API}/sales", SALE | day | ({"customer_id": "C1"} if number % 2 else {})), 201)
    first = done(api.call("GET", f"{API}/sales?limit=3"))
    second = done(api.call("GET", f"{API}/sales?limit=3&cursor={first['next_cursor']}"))
    assert [row["sale_id"] for row in first["items"] + second["items"]] == ["S0", "S1", "S2", "S3", "S4"]
    assert second["next_cursor"] is None
    assert [row["sale_id"] for row in done(api.call("GET", f"{API}/sales?customer_id=C1"))["items"]] == ["S1", "S3"]
    window = "sold_from=2026-02-02T00:00:00Z&sold_until=2026-02-04T00:00:00Z"
    assert [row["sale_id"] for row in done(api.call("GET", f"{API}/sales?{window}"))["items"]] == ["S1", "S2"]
    assert done(other_api.call("GET", f"{API}/sales"))["items"] == []


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"quantity": "0"}, 422, "quantity"),
        ({"quantity": "1e3"}, 422, "quantity"),
        ({"quantity": 1}, 422, "quantity"),
        ({"quantity": "1.0000001"}, 422, "quantity"),
        ({"unit_price": "3.505"}, 422, "unit_price"),
        ({"unit_price": "3.5", "currency": "JPY"}, 422, "unit_price"),
        ({"currency": "ZZZ"}, 422, "currency"),
        ({"sold_at": "2026-02-03T10:00:00"}, 422, "sold_at"),
        ({"customer_id": "nobody"}, 404, "customer_id"),
        ({"price": "1"}, 422, "price"),
        ({"product": ""}, 422, "product"),
    ],
)
def test_a_sale_that_is_not_exact_is_refused_by_its_field(
    api: Api, change: dict[str, Any], status: int, field: str
) -> None:
    got, problem = api.call("POST", f"{API}/sales", SALE | change)
    assert (got, problem["errors"][0]["field"]) == (status, field), problem
    assert done(api.call("GET", f"{API}/sales"))["items"] == []


def test_a_sale_below_nothing_is_refused(api: Api) -> None:
    assert api.call("POST", f"{API}/sales", SALE | {"unit_price": "-1"})[0] in (409, 422)


def test_another_currency_needs_the_amounts_anew(api: Api) -> None:
    done(api.call("POST", f"{API}/sales", SALE | {"unit_cost": "1.00"}), 201)
    status, problem = api.call("PATCH", f"{API}/sales/S1", {"currency": "JPY", "unit_price": "350"})
    assert (status, problem["errors"][0]["field"]) == (422, "unit_cost")
    changed = done(api.call("PATCH", f"{API}/sales/S1", {"currency": "JPY", "unit_price": "350", "unit_cost": None}))
    assert (changed["currency"], changed["unit_price"], changed["unit_cost"]) == ("JPY", "350", None)
    status, problem = api.call("PATCH", f"{API}/sales/S1", {"product": None})
    assert (status, problem["errors"][0]["field"]) == (422, "product")


@pytest.mark.covers("POST /api/v1/expenses")
@pytest.mark.covers("GET /api/v1/expenses")
@pytest.mark.covers("GET /api/v1/expenses/{expense_id}")
@pytest.mark.covers("PATCH /api/v1/expenses/{expense_id}")
@pytest.mark.covers("DELETE /api/v1/expenses/{expense_id}")
def test_an_expense_is_written_changed_and_removed_and_its_free_text_is_not_logged(api: Api, other_api: Api) -> None:
    body = EXPENSE | {"tax_amount": "19.00", "vendor": "Canary Taxi", "description": "ride with Canary"}
    made = done(api.call("POST", f"{API}/expenses", body), 201)
    assert (made["vendor"], made["tax_amount"], made["currency"]) == ("Canary Taxi", "19.00", "USD")
    assert done(api.call("GET", f"{API}/expenses/E1")) == made
    assert other_api.call("PATCH", f"{API}/expenses/E1", {"amount": "1"})[0] == 404
    changed = done(api.call("PATCH", f"{API}/expenses/E1", {"amount": "120.00", "description": None}))
    assert (changed["amount"], changed["description"], changed["vendor"]) == ("120.00", None, "Canary Taxi")
    assert done(api.call("GET", f"{API}/expenses?category=travel&spent_from=2026-02-03"))["items"] == [changed]
    assert done(api.call("GET", f"{API}/expenses?spent_until=2026-02-03"))["items"] == []
    assert done(other_api.call("GET", f"{API}/expenses"))["items"] == []
    assert api.call("DELETE", f"{API}/expenses/E1")[0] == 204
    assert done(api.call("GET", f"{API}/expenses"))["items"] == []
    log = api.log("expenses", "E1")
    assert [(entry.operation, entry.personal_fields) for entry in log] == [
        ("insert", '["description","vendor"]'),
        ("update", '["description"]'),
        ("delete", '["vendor"]'),
    ]
    assert "Canary" not in "".join(f"{entry.before_json}{entry.after_json}" for entry in log)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"tax_amount": "119.01"}, 422, "tax_amount"),
        ({"tax_amount": "-1"}, 422, "tax_amount"),
        ({"amount": "NaN"}, 422, "amount"),
        ({"amount": None}, 422, "amount"),
        ({"spent_on": "2026-02-30"}, 422, "spent_on"),
        ({"category": None}, 422, "category"),
        ({"customer_id": "nobody"}, 404, "customer_id"),
    ],
)
def test_an_expense_that_does_not_hold_is_refused_by_its_field(
    api: Api, change: dict[str, Any], status: int, field: str
) -> None:
    got, problem = api.call("POST", f"{API}/expenses", EXPENSE | change)
    assert (got, problem["errors"][0]["field"]) == (status, field), problem


def test_erasing_a_customer_blanks_the_expenses_that_name_them(api: Api) -> None:
    done(api.call("POST", f"{API}/customers", CUSTOMER), 201)
    done(api.call("POST", f"{API}/expenses", EXPENSE | {"customer_id": "C1", "vendor": "Ada's cousin"}), 201)
    done(api.call("POST", f"{API}/customers/C1/erase", {}), 201)
    row = done(api.call("GET", f"{API}/expenses/E1"))
    assert (row["vendor"], row["amount"]) == (None, "119.00")


@pytest.mark.covers("POST /api/v1/entry/quick-sale")
@pytest.mark.covers("POST /api/v1/entry/quick-customer")
@pytest.mark.covers("POST /api/v1/entry/quick-expense")
def test_quick_entries_fill_in_today_and_the_tenants_currency(api: Api, client: Any) -> None:
    home: Path = client.app.state.settings.home
    (home / "tenants.toml").write_text('[tenant.acme]\ncurrency = "JPY"\n')
    sale = done(api.call("POST", f"{API}/entry/quick-sale", {"product": "Tea", "unit_price": "350"}), 201)
    assert (sale["quantity"], sale["currency"], sale["sold_at"]) == ("1", "JPY", "2026-03-01T12:00:00.000000Z")
    assert done(api.call("GET", f"{API}/sales/{sale['sale_id']}")) == sale
    customer = done(api.call("POST", f"{API}/entry/quick-customer", {"name": "Ada"}), 201)
    assert (customer["created_on"], customer["currency"]) == ("2026-03-01", "JPY")
    assert done(api.call("GET", f"{API}/customers/{customer['customer_id']}")) == customer
    expense = done(api.call("POST", f"{API}/entry/quick-expense", {"amount": "1200"}), 201)
    assert (expense["spent_on"], expense["category"], expense["currency"]) == ("2026-03-01", "other", "JPY")
    assert done(api.call("GET", f"{API}/expenses/{expense['expense_id']}")) == expense
    assert api.call("POST", f"{API}/entry/quick-sale", {"product": "Tea", "unit_price": "3.50"})[0] == 422
    made = {"sales": sale["sale_id"], "customers": customer["customer_id"], "expenses": expense["expense_id"]}
    assert all(len(api.log(entity, key)) == 1 for entity, key in made.items())


@pytest.mark.parametrize("content", ["not toml [", "tenant = 1\n", "[tenant.acme]\ncurrency = 5\n"])
def test_a_settings_file_that_cannot_be_read_is_no_reason_to_guess(api: Api, client: Any, content: str) -> None:
    (client.app.state.settings.home / "tenants.toml").write_text(content)
    body = {"product": "Tea", "unit_price": "3.50"}
    status, problem = api.call("POST", f"{API}/entry/quick-sale", body)
    assert (status, problem["errors"][0]["field"]) == (422, "currency")
    done(api.call("POST", f"{API}/entry/quick-sale", body | {"currency": "USD"}), 201)


@pytest.mark.covers("GET /api/v1/entry/suggestions/products")
def test_products_are_suggested_by_beginning_then_by_use(api: Api, other_api: Api) -> None:
    for product, times in (("Green tea", 3), ("tea", 1), ("Teapot", 2), ("100%", 1), ("Coffee", 5)):
        for _ in range(times):
            body = {"product": product, "unit_price": "1"}
            done(api.call("POST", f"{API}/entry/quick-sale", body), 201)
    found = done(api.call("GET", f"{API}/entry/suggestions/products?q=TEA"))["items"]
    assert [(one["product"], one["uses"]) for one in found] == [("Teapot", 2), ("tea", 1), ("Green tea", 3)]
    assert [one["product"] for one in done(api.call("GET", f"{API}/entry/suggestions/products?q=%25"))["items"]] == [
        "100%"
    ]
    assert len(done(api.call("GET", f"{API}/entry/suggestions/products?q=e&limit=2"))["items"]) == 2
    assert done(other_api.call("GET", f"{API}/entry/suggestions/products?q=tea"))["items"] == []
    assert api.call("GET", f"{API}/entry/suggestions/products")[0] == 422
    assert api.call("GET", f"{API}/entry/suggestions/products?q=a&limit=51")[0] == 422


@pytest.mark.covers("GET /api/v1/entry/suggestions/customers")
def test_customers_are_suggested_by_name(api: Api, other_api: Api) -> None:
    for customer_id, name in (("C1", "Ada"), ("C2", "Adam"), ("C3", "Grenada Ltd"), ("C4", "Bob")):
        done(api.call("POST", f"{API}/customers", CUSTOMER | {"customer_id": customer_id, "name": name}), 201)
    done(api.call("POST", f"{API}/sales", SALE | {"customer_id": "C2"}), 201)
    found = done(api.call("GET", f"{API}/entry/suggestions/customers?q=ada"))["items"]
    assert [(one["customer_id"], one["name"], one["uses"]) for one in found] == [
        ("C2", "Adam", 1),
        ("C1", "Ada", 0),
        ("C3", "Grenada Ltd", 0),
    ]
    assert done(other_api.call("GET", f"{API}/entry/suggestions/customers?q=ada"))["items"] == []


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "status"),
    [
        ("sales", "POST", "/sales", SALE, 201),
        ("analyst", "POST", "/sales", SALE, 403),
        ("analyst", "GET", "/sales", None, 200),
        ("sales", "POST", "/expenses", EXPENSE, 403),
        ("finance", "POST", "/expenses", EXPENSE, 201),
        ("finance", "POST", "/entry/quick-customer", {"name": "Ada"}, 403),
        ("approver", "GET", "/entry/suggestions/customers?q=a", None, 403),
    ],
)
def test_roles_write_what_is_theirs(api: Api, role: str, method: str, path: str, body: Any, status: int) -> None:
    assert api.as_role(role).call(method, f"{API}{path}", body)[0] == status
