-- MRR of the customers about whom a tool and we disagree at some month-end: as the tool has it and as we do.
with
    customers as (select distinct tenant_id, definition, customer_id from {{ ref("int_definitions__item_lines") }}),

    ours as (
        select c.definition, m.tenant_id, m.customer_id, m.currency, m.month_index, m.net_mrr as mrr
        from {{ ref("int_mrr__customer_months") }} as m
        inner join customers as c using (tenant_id, customer_id)
        where m.net_mrr > 0
    ),

    theirs as (
        select definition, tenant_id, customer_id, currency, month_index, sum(mrr)::bigint as mrr
        from
            (
                select definition, tenant_id, customer_id, currency, month_index, mrr
                from ours
                union all
                select definition, tenant_id, customer_id, currency, month_index, mrr
                from {{ ref("int_definitions__item_lines") }}
            )
        group by all
        having sum(mrr) <> 0
    )

select *, 'ours' as side
from ours
union all by name
select *, 'theirs' as side
from theirs
