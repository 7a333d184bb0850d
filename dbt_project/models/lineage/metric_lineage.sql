-- depends on every view whose name ends in _rows; a table that gets one is named here.
{% set tables = {
    "mrr_movements": ["customer_id", "month", "currency"],
    "mrr_events": ["customer_id", "day", "kind", "currency"],
    "revenue_metrics": ["month"],
    "cohort_analysis": ["cohort_month", "period"],
    "ar_aging": ["as_of", "invoice_id", "due_on"],
    "ar_aging_summary": ["as_of", "currency"],
    "ar_unapplied": ["as_of", "customer_id", "currency"],
    "accounts_receivable": ["invoice_id"],
    "customer_statements": ["customer_id", "month", "currency"],
    "ap_aging": ["as_of", "bill_id", "due_on"],
    "ap_aging_summary": ["as_of", "currency"],
    "ap_unapplied": ["as_of", "vendor_id", "currency"],
    "accounts_payable": ["bill_id"],
    "revenue_recognition": ["source_kind", "source_id", "month"],
    "deferred_revenue_rollforward": ["month", "currency"],
    "remaining_performance_obligations": ["as_of", "currency"],
    "tax_summary": ["jurisdiction", "period", "currency", "kind", "rate"],
    "input_tax": ["month", "currency", "source_table"],
    "journal_entries": [
        "entity_id",
        "posted_on",
        "kind",
        "source_table",
        "source_id",
        "account",
        "purpose",
        "customer_id",
        "currency",
    ],
    "trial_balance": ["entity_id", "period", "account", "purpose", "currency"],
    "balance_sheet": ["entity_id", "period", "account", "currency"],
    "profit_and_loss": ["entity_id", "period", "account", "currency"],
    "cash_flow": ["entity_id", "period", "activity", "currency"],
    "revenue_bridge": ["customer_id", "month", "currency"],
    "retail_daily": ["day", "currency"],
} %}
{% for table, grain in tables.items() %}
    {% if not loop.first %}
        union all
    {% endif %}
    select
        tenant_id,
        '{{ table }}' as table_name,
        column_name,
        concat_ws(' · ', {{ grain | join(", ") }}) as cell,
        side,
        party,
        document_name,
        step,
        amount,
        row_table as source_table,
        row_id as source_id,
        file_id,
        line,
        change_no
    from {{ in_file(table ~ "_rows") }}
{% endfor %}
