-- Movements in the months whose opening or closing a tool and we have otherwise, on both sides, by one rule: ours.
-- Valued
-- at the opening month-end's rate; churn and retention need no closing rate.
with
    compared_months as (
        select distinct
            l.tenant_id, l.definition, l.customer_id, unnest([l.month_index, l.month_index + 1]) as month_index
        from {{ ref("int_definitions__item_lines_posted") }} as l
    ),

    balances as (
        select tenant_id, definition, side, customer_id, currency, month_index, 0 as opening, mrr as closing
        from {{ ref("int_definitions__sides") }}
        union all
        select s.tenant_id, s.definition, s.side, s.customer_id, s.currency, s.month_index + 1, s.mrr, 0
        from {{ ref("int_definitions__sides") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where s.month_index < t.as_of_month
    ),

    paired as (
        select
            b.tenant_id,
            b.definition,
            b.side,
            b.customer_id,
            b.currency,
            b.month_index,
            sum(b.opening) as opening,
            sum(b.closing) as closing
        from balances as b
        semi join compared_months using (tenant_id, definition, customer_id, month_index)
        group by all
    ),

    kinds as (
        select *, max(opening) over month > 0 as was_customer, max(closing) over month > 0 as is_customer
        from paired
        window month as (partition by tenant_id, definition, side, customer_id, month_index)
    ),

    valued as (
        select
            k.tenant_id,
            k.definition,
            k.side,
            k.customer_id,
            k.month_index,
            k.was_customer,
            k.is_customer,
            {{ convert("k.opening", "r.numerator", "r.denominator") }} as opening,
            case
                when k.closing > k.opening
                then {{ convert("k.closing - k.opening", "r.numerator", "r.denominator") }}
                else 0
            end as risen,
            case
                when k.closing < k.opening
                then {{ convert("k.opening - k.closing", "r.numerator", "r.denominator") }}
                else 0
            end as fallen
        from kinds as k
        inner join
            {{ ref("int_fx__month_rates") }} as r
            on k.tenant_id = r.tenant_id
            and k.currency = r.currency
            and r.month_index = k.month_index - 1
    )

select
    tenant_id,
    definition,
    side,
    customer_id,
    month_index,
    was_customer,
    is_customer,
    sum(opening) as opening,
    sum(risen) as risen,
    sum(fallen) as fallen
from valued
group by all
