-- What is published of closed months is what was frozen of them, row by row. The state of a tax filing is as of today.
{% set tables = {
    "mrr_movements": "month",
    "mrr_events": "day",
    "revenue_metrics": "month",
    "cohort_analysis": "(cohort_month + to_months(period))::date",
    "ar_aging": "as_of",
    "ar_unapplied": "as_of",
    "ar_aging_summary": "as_of",
    "ap_aging": "as_of",
    "ap_unapplied": "as_of",
    "ap_aging_summary": "as_of",
    "customer_statement_lines": "posted_on",
    "customer_statements": "month",
    "revenue_recognition": "month",
    "deferred_revenue_rollforward": "month",
    "remaining_performance_obligations": "as_of",
    "tax_summary": "period",
    "input_tax": "month",
    "journal_entries": "posted_on",
    "trial_balance": "period",
    "profit_and_loss": "period",
    "balance_sheet": "period",
    "cash_flow": "period",
    "revenue_bridge": "month",
    "metric_definitions_compared": "month",
    "metric_definition_differences": "month",
} %}
with
    {% for table, day in tables.items() %}
        {{ table }}_sides as (
            select p.*, 1 as published, 0 as frozen
            from {{ ref(table) }} as p
            semi join
                {{ ref("stg_run__closed") }} as closed
                on p.tenant_id = closed.tenant_id
                and {{ day }} <= closed.closed_until
            union all by name
            select f.*, 0 as published, 1 as frozen
            from {{ source("closed", table) }} as f
            semi join
                {{ ref("stg_run__closed") }} as closed
                on f.tenant_id = closed.tenant_id
                and {{ day }} <= closed.closed_until
        ),

        {{ table }}_compared as (
            select
                * exclude (
                    published, frozen{{ ", due_on, filing_status, filing_id" if table == "tax_summary" else "" }}
                ),
                sum(published) as times_published,
                sum(frozen) as times_frozen
            from {{ table }}_sides
            group by all
            having sum(published) <> sum(frozen)
        ){{ "," if not loop.last }}
    {% endfor %}

{% for table, day in tables.items() %}
    {% if not loop.first %}
        union all
    {% endif %}
    select tenant_id, '{{ table }}' as table_name, ({{ day }})::date as day, times_published, times_frozen
    from {{ table }}_compared
{% endfor %}
