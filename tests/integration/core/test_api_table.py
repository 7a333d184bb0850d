"""What was promised exists, is guarded by a permission, is driven by a test, and is documented."""

import pytest

from tests.integration.core.api_table import PAGE, covering, operations, page
from transactional_api.access.permissions import ALL

REVENUE_OPS = "/api/v1/revenue-ops"
PROMISED = """
GET /deals
POST /deals
GET /deals/{deal_id}
PATCH /deals/{deal_id}
POST /deals/{deal_id}/approvals
POST /deals/{deal_id}/touch
POST /deals/{deal_id}/quote
POST /deals/{deal_id}/sign
GET /policies
POST /policies
GET /policies/{policy_id}
PATCH /policies/{policy_id}
POST /policies/{policy_id}/validate
POST /policies/{policy_id}/activate
POST /policies/{policy_id}/rollback
POST /policies/{policy_id}/simulate
GET /policies/{policy_id}/versions
GET /policy-templates
POST /webhooks/{provider}
POST /webhooks/n8n
POST /payments/process
GET /payments/{payment_id}
POST /payments/{payment_id}/rollback
POST /payments/{payment_id}/refunds
POST /payments/{payment_id}/chargebacks
POST /invoices/stage
GET /invoices/{invoice_id}
POST /invoices/{invoice_id}/approve
POST /invoices/{invoice_id}/post
POST /invoices/{invoice_id}/void
POST /invoices/{invoice_id}/credit-notes
POST /invoices/{invoice_id}/write-offs
POST /invoices/{invoice_id}/instalments
GET /health
GET /readiness
GET /liveness
GET /metrics
POST {ops}/revenue-recognition/create
POST {ops}/revenue-recognition/{contract_id}/recognize
POST {ops}/tax/calculate
POST {ops}/tax/filings
POST {ops}/ar/create
POST {ops}/ar/{invoice_id}/collections
POST {ops}/ap/create
POST {ops}/ap/{bill_id}/pay
POST {ops}/reconciliation/match
GET {ops}/audit/verify-chain
GET {ops}/audit/logs
POST {ops}/audit/checkpoints
POST {ops}/periods/{month}/close
POST {ops}/periods/{month}/reopen
GET /api/v1/sales
POST /api/v1/sales
GET /api/v1/sales/{sale_id}
PATCH /api/v1/sales/{sale_id}
DELETE /api/v1/sales/{sale_id}
GET /api/v1/customers
POST /api/v1/customers
GET /api/v1/customers/{customer_id}
PATCH /api/v1/customers/{customer_id}
DELETE /api/v1/customers/{customer_id}
GET /api/v1/expenses
POST /api/v1/expenses
GET /api/v1/expenses/{expense_id}
PATCH /api/v1/expenses/{expense_id}
DELETE /api/v1/expenses/{expense_id}
POST /api/v1/entry/quick-sale
POST /api/v1/entry/quick-customer
POST /api/v1/entry/quick-expense
GET /api/v1/entry/suggestions/products
GET /api/v1/entry/suggestions/customers
POST /auth/token
POST /auth/refresh
POST /auth/sign-out
GET /accounts
POST /accounts
GET /api-keys
POST /api-keys
DELETE /api-keys/{key_id}
""".replace("{ops}", REVENUE_OPS)
# What proves itself in another way than by a key or a token, or gives no figure.
OPEN = {
    "GET /health",
    "GET /readiness",
    "GET /liveness",
    "POST /auth/token",
    "POST /auth/refresh",
    "POST /auth/sign-out",
    "GET /sign/{token}",
    "POST /sign/{token}",
    "POST /webhooks/{provider}",
    "POST /webhooks/n8n",
}
OPERATIONS = operations()


@pytest.mark.parametrize("promised", PROMISED.split("\n")[1:-1])
def test_what_was_promised_exists(promised: str) -> None:
    assert promised in OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_names_its_permission_or_is_known_to_be_open(operation: str) -> None:
    assert (OPERATIONS[operation].get("x-permission") in ALL | {"signed in"}) != (operation in OPEN)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_write_takes_an_idempotency_key(operation: str) -> None:
    if operation in OPEN or operation.startswith("GET ") or operation == "POST /auth/password":
        return
    assert "x-idempotency-key" in OPERATIONS[operation]
    assert "Idempotency-Key" in [one["name"] for one in OPERATIONS[operation].get("parameters", ())]


@pytest.mark.parametrize(
    "operation",
    [
        "POST /payments",
        "POST /payments/process",
        "POST /payments/{payment_id}/allocations",
        "POST /payments/{payment_id}/fail",
        "POST /payments/{payment_id}/refunds",
        "POST /payments/{payment_id}/rollback",
        "POST /payments/{payment_id}/succeed",
        "POST /invoices/{invoice_id}/post",
        "POST /invoices/{invoice_id}/void",
        "POST /invoices/{invoice_id}/credit-notes",
        "POST /invoices/{invoice_id}/write-offs",
        "POST /deals/{deal_id}/sign",
        f"POST {REVENUE_OPS}/ar/create",
        f"POST {REVENUE_OPS}/ap/{{bill_id}}/pay",
    ],
)
def test_what_moves_money_posts_or_signs_needs_a_key(operation: str) -> None:
    assert OPERATIONS[operation]["x-idempotency-key"] == "required"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_driven_by_a_test(operation: str) -> None:
    assert covering().get(operation), f"no test is marked covers({operation!r})"


def test_tests_only_claim_operations_that_exist() -> None:
    assert set(covering()) <= set(OPERATIONS)


def test_the_documented_table_is_the_one_that_is_made() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
