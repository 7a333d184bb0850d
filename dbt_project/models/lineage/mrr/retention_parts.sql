-- The customers of twelve months ago by subscription row: what they paid then, what they pay now at the rate of then,
-- and which of the two is the smaller, which is what they kept.
with
    now_rows as (
        select m.*, r.now_mrr <= r.then_mrr as is_kept, f.numerator, f.denominator, sum(m.net_mrr) over cell as running
        from {{ in_file("subscription_months") }} as m
        inner join {{ in_file("int_mrr__retention_customers") }} as r using (tenant_id, customer_id, month_index)
        inner join
            {{ in_file("int_fx__month_rates") }} as f
            on m.tenant_id = f.tenant_id
            and m.currency = f.currency
            and f.month_index = m.month_index - 12
        where m.net_mrr > 0
        window
            cell as (
                partition by m.tenant_id, m.customer_id, m.currency, m.month
                order by m.source_id
                rows between unbounded preceding and current row
            )
    ),

    -- The month is the later one here too, so that a question about it reads one month of then.
    then_months as (
        select
            * exclude (month, month_index), (month + interval 12 month)::date as month, month_index + 12 as month_index
        from {{ in_file("subscription_months") }}
        where net_mrr > 0
    ),

    then_rows as (
        select m.*, r.now_mrr <= r.then_mrr as is_kept, f.numerator, f.denominator, sum(m.net_mrr) over cell as running
        from then_months as m
        inner join {{ in_file("int_mrr__retention_customers") }} as r using (tenant_id, customer_id, month_index)
        inner join
            {{ in_file("int_fx__month_rates") }} as f
            on m.tenant_id = f.tenant_id
            and m.currency = f.currency
            and f.month_index = m.month_index - 12
        window
            cell as (
                partition by m.tenant_id, m.customer_id, m.currency, m.month
                order by m.source_id
                rows between unbounded preceding and current row
            )
    ),

    both_ends as (
        select
            tenant_id,
            customer_id,
            month,
            currency,
            'now' as step,
            {{ converted_part("net_mrr", "running", "numerator", "denominator") }} as part,
            is_kept,
            source_id,
            file_id,
            line,
            change_no
        from now_rows
        union all
        select
            tenant_id,
            customer_id,
            month,
            currency,
            'twelve months ago',
            {{ converted_part("net_mrr", "running", "numerator", "denominator") }},
            not is_kept,
            source_id,
            file_id,
            line,
            change_no
        from then_rows
    )

select
    tenant_id,
    month,
    customer_id as party,
    null::varchar as document_name,
    step,
    case when step = 'now' then part end as now_part,
    case when step <> 'now' then part end as then_part,
    case when is_kept then part end as kept_part,
    'subscriptions' as source_table,
    source_id,
    file_id,
    line,
    change_no
from both_ends
