-- The customers of twelve months ago, then and now at the rate of then, on both sides, where either month is disputed.
-- A view: only int_definitions__ratio_lines reads it.
{{ config(materialized="view") }}

with
    compared_months as (
        select distinct
            l.tenant_id, l.definition, l.customer_id, unnest([l.month_index, l.month_index + 12]) as month_index
        from {{ ref("int_definitions__item_lines_posted") }} as l
    ),

    then_rows as (
        select
            s.tenant_id,
            s.definition,
            s.side,
            s.customer_id,
            s.month_index + 12 as month_index,
            sum({{ convert("s.mrr", "r.numerator", "r.denominator") }}) as then_mrr
        from {{ ref("int_definitions__sides") }} as s
        inner join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
        inner join {{ ref("stg_run__tenants") }} as t on s.tenant_id = t.tenant_id
        where s.month_index + 12 <= t.as_of_month
        group by all
    ),

    now_rows as (
        {{ now_at_the_rate_of_then("int_definitions__year_pairs", ["definition", "side", "customer_id"], "mrr") }}
    )

select b.*, coalesce(n.now_mrr, 0) as now_mrr
from then_rows as b
semi join compared_months using (tenant_id, definition, customer_id, month_index)
left join now_rows as n using (tenant_id, definition, side, customer_id, month_index)
