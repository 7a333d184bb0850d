-- Control accounts at every month-end against the tables that explain them, each computed from its own documents.
with
    accounts as (
        select
            tenant_id,
            period,
            currency,
            sum(closing) filter (where purpose = 'receivable') as receivable,
            sum(closing) filter (where purpose = 'payable') as payable,
            sum(closing) filter (where purpose = 'deferred_revenue') as deferred_revenue,
            sum(closing) filter (where purpose = 'contract_asset') as contract_asset,
            sum(credit - debit) filter (where purpose = 'tax_payable') as tax_payable,
            sum(closing) filter (where purpose = 'tax_on_prepayments') as tax_on_prepayments
        from {{ ref("trial_balance") }}
        group by all
    ),

    receivables as (
        select tenant_id, date_trunc('month', as_of)::date as period, currency, total from {{ ref("ar_aging_summary") }}
    ),

    payables as (
        select tenant_id, date_trunc('month', as_of)::date as period, currency, total from {{ ref("ap_aging_summary") }}
    ),

    balances as (
        select
            tenant_id,
            month_index,
            currency,
            millionths_per_minor,
            sum(deferred_closing_minor) as deferred_minor,
            sum(contract_asset_closing_minor) as asset_minor
        from {{ ref("int_revenue__line_months_posted") }}
        group by all
    ),

    revenue as (
        select
            tenant_id,
            {{ month_start("month_index") }} as period,
            currency,
            {{ money("deferred_minor", "millionths_per_minor") }} as deferred_revenue,
            {{ money("asset_minor", "millionths_per_minor") }} as contract_asset
        from balances
    ),

    taxes as (select tenant_id, period, currency, sum(net_due) as net_due from {{ ref("tax_summary") }} group by all),

    compared as (
        select
            tenant_id,
            period,
            currency,
            unnest(
                [
                    {'account':'receivable', 'ledger':coalesce(a.receivable, 0), 'documents':coalesce(r.total, 0)},
                    {'account':'payable', 'ledger': - coalesce(a.payable, 0), 'documents':coalesce(p.total, 0)},
                    {
                        'account':'deferred_revenue',
                        'ledger': - coalesce(a.deferred_revenue, 0),
                        'documents':coalesce(v.deferred_revenue, 0)
                    },
                    {
                        'account':'contract_asset',
                        'ledger':coalesce(a.contract_asset, 0),
                        'documents':coalesce(v.contract_asset, 0)
                    },
                    {'account':'tax_payable', 'ledger':coalesce(a.tax_payable, 0), 'documents':coalesce(x.net_due, 0)},
                    {
                        'account':'tax_on_prepayments below 0',
                        'ledger':least(coalesce(a.tax_on_prepayments, 0), 0),
                        'documents':0
                    }
                ],
                recursive := true
            )
        from accounts as a
        full join receivables as r using (tenant_id, period, currency)
        full join payables as p using (tenant_id, period, currency)
        full join revenue as v using (tenant_id, period, currency)
        full join taxes as x using (tenant_id, period, currency)
    )

select *
from compared
where ledger <> documents
