with
    joined as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            coalesce(r.mrr_units, 0)::bigint as mrr_units,
            coalesce(r.not_billed_units, 0)::bigint as not_billed_units,
            coalesce(r.usage_units, 0)::bigint as usage_units,
            coalesce(r.rounding_units, 0)::bigint as rounding_units,
            coalesce(r.beyond_mrr_minor, 0)::bigint as beyond_mrr_minor,
            coalesce(r.proration_minor, 0)::bigint as proration_minor,
            (coalesce(r.billed_elsewhere_minor, 0) + coalesce(b.other_months_minor, 0))::bigint as timing_minor,
            coalesce(b.usage_minor, 0)::bigint as usage_minor,
            coalesce(b.one_off_minor, 0)::bigint as one_off_minor,
            coalesce(b.contract_minor, 0)::bigint as contract_minor,
            coalesce(b.tax_minor, 0)::bigint as tax_minor,
            coalesce(i.invoiced_minor, 0)::bigint as invoiced_minor,
            coalesce(o.moved_minor, 0)::bigint as moved_minor,
            coalesce(v.credits_minor, 0)::bigint as credits_minor,
            coalesce(v.deferral_minor, 0)::bigint as deferral_minor,
            coalesce(v.unbilled_minor, 0)::bigint as unbilled_minor,
            coalesce(v.recognized_minor, 0)::bigint as recognized_minor,
            coalesce(n.late_invoiced, 0) as late_invoiced,
            coalesce(n.late_recognized, 0) as late_recognized
        from {{ ref("int_bridge__recurring_items") }} as r
        full join {{ ref("int_bridge__billed_items") }} as b using (tenant_id, customer_id, currency, month_index)
        full join {{ ref("int_bridge__invoiced") }} as i using (tenant_id, customer_id, currency, month_index)
        full join {{ ref("int_bridge__revenue_items") }} as v using (tenant_id, customer_id, currency, month_index)
        full join {{ ref("int_bridge__other_customers") }} as o using (tenant_id, customer_id, currency, month_index)
        full join {{ ref("int_bridge__late") }} as n using (tenant_id, customer_id, currency, month_index)
    ),

    amounts as (
        select
            j.tenant_id,
            j.customer_id,
            {{ month_start("j.month_index") }} as month,
            j.currency,
            {{ money4("j.mrr_units") }} as mrr,
            {{ money4("j.not_billed_units") }} as not_billed,
            {{ money("j.beyond_mrr_minor", "c.millionths_per_minor") }} as beyond_mrr,
            {{ money("j.proration_minor", "c.millionths_per_minor") }} as proration,
            {{ money4("j.rounding_units") }} as currency_rounding,
            {{ money("j.timing_minor", "c.millionths_per_minor") }} as billing_timing,
            ({{ money("j.usage_minor", "c.millionths_per_minor") }} + {{ money4("j.usage_units") }}) as usage,  -- noqa: RF04
            {{ money("j.one_off_minor", "c.millionths_per_minor") }} as one_off,
            {{ money("j.contract_minor", "c.millionths_per_minor") }} as contracts,
            {{ money("j.tax_minor", "c.millionths_per_minor") }} as tax,
            j.late_invoiced as late_invoices,
            {{ money("j.invoiced_minor", "c.millionths_per_minor") }} + j.late_invoiced as invoiced,
            {{ money("j.moved_minor", "c.millionths_per_minor") }} as other_customers,
            {{ money("j.credits_minor", "c.millionths_per_minor") }} as credits,
            {{ money("j.deferral_minor", "c.millionths_per_minor") }} as deferral,
            {{ money("j.unbilled_minor", "c.millionths_per_minor") }} as earned_before_bill,
            j.late_recognized - j.late_invoiced as late_revenue,
            {{ money("j.recognized_minor", "c.millionths_per_minor") }} + j.late_recognized as recognized
        from joined as j
        inner join
            {{ ref("stg_run__currencies") }} as c on j.currency = c.currency
            {{ open_only("j", "month_index", until="closed_month") }}
    ),

    ledger as (select l.* from {{ ref("int_bridge__ledger_revenue") }} as l {{ open_only("l", "period") }})

select
    a.tenant_id,
    a.customer_id,
    a.month,
    a.currency,
    a.mrr,
    a.not_billed,
    a.beyond_mrr,
    a.proration,
    a.currency_rounding,
    a.billing_timing,
    a.usage::decimal(28, 4) as usage,  -- noqa: RF04
    a.one_off,
    a.contracts,
    a.tax,
    a.late_invoices::decimal(28, 4) as late_invoices,
    a.invoiced::decimal(28, 4) as invoiced,
    a.other_customers,
    a.credits,
    a.deferral,
    a.earned_before_bill,
    a.late_revenue::decimal(28, 4) as late_revenue,
    a.recognized::decimal(28, 4) as recognized,
    coalesce(l.ledger_revenue, 0)::decimal(28, 4) as ledger_revenue,
    (
        abs(
            a.mrr
            + a.not_billed
            + a.beyond_mrr
            + a.proration
            + a.currency_rounding
            + a.billing_timing
            + a.usage
            + a.one_off
            + a.contracts
            + a.tax
            + a.late_invoices
            - a.invoiced
        ) + abs(
            a.invoiced
            - a.tax
            + a.other_customers
            + a.credits
            + a.deferral
            + a.earned_before_bill
            + a.late_revenue
            - a.recognized
        )
        + abs(a.recognized - coalesce(l.ledger_revenue, 0))
    )::decimal(28, 4) as residual
from amounts as a
full join
    ledger as l
    on a.tenant_id = l.tenant_id
    and a.customer_id = l.customer_id
    and a.currency = l.currency
    and a.month = l.period
union all by name
{{ closed_rows("revenue_bridge", "month") }}
