{% set child_references = [
    ("int_mrr__subscriptions_unioned", "int_customers__customers_unioned", "customer_id", "subscriptions"),
    ("int_mrr__subscriptions_unioned", "int_mrr__products_unioned", "product_id", "subscriptions"),
    ("int_receivables__invoices_unioned", "int_customers__customers_unioned", "customer_id", "invoices"),
    (
        "int_receivables__invoice_lines_unioned",
        "int_receivables__invoices_unioned",
        "invoice_id",
        "invoice_lines",
    ),
    ("int_receivables__payments_unioned", "int_customers__customers_unioned", "customer_id", "payments"),
    ("int_receivables__payments_unioned", "int_receivables__invoices_unioned", "invoice_id", "payments"),
    (
        "int_receivables__payment_allocations_unioned",
        "int_receivables__payments_unioned",
        "payment_id",
        "payment_allocations",
    ),
    (
        "int_receivables__payment_allocations_unioned",
        "int_receivables__invoices_unioned",
        "invoice_id",
        "payment_allocations",
    ),
    (
        "int_receivables__credit_notes_unioned",
        "int_customers__customers_unioned",
        "customer_id",
        "credit_notes",
    ),
    (
        "int_receivables__credit_notes_unioned",
        "int_receivables__invoices_unioned",
        "invoice_id",
        "credit_notes",
    ),
    ("int_receivables__write_offs_unioned", "int_receivables__invoices_unioned", "invoice_id", "write_offs"),
    ("int_receivables__refunds_unioned", "int_receivables__payments_unioned", "payment_id", "refunds"),
    (
        "int_receivables__invoice_instalments_unioned",
        "int_receivables__invoices_unioned",
        "invoice_id",
        "invoice_instalments",
    ),
    ("int_pipeline__deals_unioned", "int_customers__customers_unioned", "customer_id", "deals"),
    (
        "int_receivables__invoice_lines_unioned",
        "int_revenue__obligations_unioned",
        "obligation_id",
        "invoice_lines",
    ),
    ("int_receivables__invoices_unioned", "int_revenue__contracts_unioned", "contract_id", "invoices"),
    ("int_revenue__contracts_unioned", "int_customers__customers_unioned", "customer_id", "contracts"),
    ("int_revenue__obligations_unioned", "int_revenue__contracts_unioned", "contract_id", "obligations"),
    (
        "int_revenue__contract_modifications_unioned",
        "int_revenue__contracts_unioned",
        "contract_id",
        "contract_modifications",
    ),
    (
        "int_revenue__contract_modifications_unioned",
        "int_revenue__obligations_unioned",
        "obligation_id",
        "contract_modifications",
    ),
    ("int_revenue__progress_unioned", "int_revenue__obligations_unioned", "obligation_id", "progress"),
    ("int_payables__bill_payments_unioned", "int_payables__bills_unioned", "bill_id", "bill_payments"),
    ("int_pipeline__deal_stages_unioned", "int_pipeline__deals_unioned", "deal_id", "deal_stages"),
] %}

with
    judged as (
        select *
        from {{ ref("int_intake__rows_ruled_out") }}
        union all
        select *
        from {{ ref("int_intake__rows_also_in_core") }}
        {% for child, parent, column, data_set in child_references %}
            union all
            {{ unresolved_references(child, parent, column, data_set) }}
        {% endfor %}
    )

select tenant_id, file_id, line, change_no, data_set, rule, detail, is_excluded
from judged
