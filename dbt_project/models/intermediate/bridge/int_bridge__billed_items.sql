-- What was invoiced in a month beside its subscriptions' service of that month, by what it is for.
-- A view: its rows are written once, in revenue_bridge.
{{ config(materialized="view") }}

with
    lines as (
        select
            tenant_id,
            customer_id,
            currency,
            issue_month as month_index,
            coalesce(sum(net_minor) filter (where kind = 'subscription'), 0) as subscription_minor,
            coalesce(sum(net_minor) filter (where kind = 'usage'), 0) as usage_minor,
            coalesce(sum(net_minor) filter (where kind = 'one_off'), 0) as one_off_minor,
            coalesce(sum(net_minor) filter (where kind = 'contract'), 0) as contract_minor,
            sum(tax_minor) as tax_minor
        from {{ ref("int_bridge__line_kinds") }}
        group by all
    ),

    served as (
        select tenant_id, customer_id, currency, month_index, sum(billed_here_minor) as billed_here_minor
        from {{ ref("int_bridge__served") }}
        group by all
    )

select l.* exclude (subscription_minor), l.subscription_minor - coalesce(s.billed_here_minor, 0) as other_months_minor  -- noqa: RF02
from lines as l
left join served as s using (tenant_id, customer_id, currency, month_index)
