-- Each row of mrr_movements by subscription row: what it was at the opening, what it is at the closing, and what of the
-- movement is its own. Reporting amounts are rounded per cell, so a part is what its cell grows by.
with
    both_ends as (
        select * exclude (list_mrr, net_mrr, trial_mrr, committed_mrr), 0 as opening, net_mrr as closing
        from {{ in_file("subscription_months") }}
        where net_mrr > 0
        union all by name
        select
            * exclude (month_index, month, list_mrr, net_mrr, trial_mrr, committed_mrr),
            month_index + 1 as month_index,
            (month + interval 1 month)::date as month,
            net_mrr as opening,
            0 as closing
        from {{ in_file("subscription_months") }}
        where net_mrr > 0
    ),

    rows as (
        select * exclude (opening, closing), sum(opening) as opening, sum(closing) as closing
        from both_ends
        group by all
    ),

    moved as (
        select
            r.*,
            m.kind,
            m.movement,
            case
                when m.movement in ('new', 'reactivation', 'expansion')
                then 1
                when m.movement in ('contraction', 'churn')
                then -1
                else 0
            end as direction,
            direction * (r.closing - r.opening) as moved,
            o.numerator as opening_numerator,
            o.denominator as opening_denominator,
            c.numerator as closing_numerator,
            c.denominator as closing_denominator
        from rows as r
        inner join {{ in_file("int_mrr__movements") }} as m using (tenant_id, customer_id, currency, month_index)
        inner join
            {{ in_file("int_fx__month_rates") }} as o
            on r.tenant_id = o.tenant_id
            and r.currency = o.currency
            and o.month_index = r.month_index - 1
        left join
            {{ in_file("int_fx__month_rates") }} as c
            on r.tenant_id = c.tenant_id
            and r.currency = c.currency
            and r.month_index = c.month_index
    ),

    running as (
        select
            *,
            sum(opening) over cell as opening_sum,
            sum(moved) over cell as moved_sum,
            sum(closing) over cell as closing_sum
        from moved
        window
            cell as (
                partition by tenant_id, customer_id, currency, month
                order by source_id
                rows between unbounded preceding and current row
            )
    ),

    valued as (
        select
            *,
            {{ converted_part("opening", "opening_sum", "opening_numerator", "opening_denominator") }}
            as opening_reporting,
            {{ converted_part("moved", "moved_sum", "opening_numerator", "opening_denominator") }} as moved_reporting,
            coalesce(
                {{ converted_part("closing", "closing_sum", "closing_numerator", "closing_denominator") }}, 0
            ) as closing_reporting
        from running
    )

-- A customer is counted at the first of its rows.
select
    tenant_id,
    customer_id,
    currency,
    month_index,
    month,
    kind,
    movement,
    direction,
    opening,
    moved,
    closing,
    opening_reporting,
    moved_reporting,
    closing_reporting,
    closing_reporting - opening_reporting - direction * moved_reporting as fx_reporting,
    closing > 0
    and row_number() over (
        partition by tenant_id, customer_id, month order by closing > 0 desc, currency asc, source_id asc
    )
    = 1 as counts_at_closing,
    opening > 0
    and row_number() over (
        partition by tenant_id, customer_id, month order by opening > 0 desc, currency asc, source_id asc
    )
    = 1 as counts_at_opening,
    customer_id as party,
    null::varchar as document_name,
    coalesce(movement, 'unchanged') as step,
    'subscriptions' as source_table,
    source_id,
    file_id,
    line,
    change_no
from valued
