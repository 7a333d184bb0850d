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
                partition by m.tenant_id, m.customer_id, m.currency, m.month_index
                order by m.source_id
                rows between unbounded preceding and current row
            )
    ),

    both_ends as (
        select
            tenant_id,
            customer_id,
            month_index,
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
            p.tenant_id,
            p.customer_id,
            r.month_index,
            p.currency,
            'twelve months ago',
            p.closing_reporting,
            r.now_mrr > r.then_mrr,
            p.source_id,
            p.file_id,
            p.line,
            p.change_no
        from {{ in_file("mrr_parts") }} as p
        inner join
            {{ in_file("int_mrr__retention_customers") }} as r
            on p.tenant_id = r.tenant_id
            and p.customer_id = r.customer_id
            and r.month_index = p.month_index + 12
        where p.closing > 0
    )

select
    tenant_id,
    {{ month_start("month_index") }} as month,
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
