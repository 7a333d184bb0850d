-- MRR as a tool has it and as we do, of the customers about whom they disagree and only in the months that a figure can
-- look at because of it: the month itself, its neighbours, and a year before and after.
with
    disputed as (
        select distinct tenant_id, definition, customer_id, month_index
        from {{ ref("int_definitions__item_lines_posted") }}
    ),

    looked_at as (
        select distinct
            tenant_id,
            definition,
            customer_id,
            unnest([month_index - 12, month_index - 1, month_index, month_index + 1, month_index + 12]) as month_index
        from disputed
    ),

    ours as (
        select l.definition, m.tenant_id, m.customer_id, m.currency, m.month_index, m.net_mrr as mrr
        from {{ ref("int_mrr__customer_months_posted") }} as m
        inner join looked_at as l using (tenant_id, customer_id, month_index)
        where m.net_mrr > 0
    ),

    both_kinds as (
        select definition, tenant_id, customer_id, currency, month_index, mrr
        from ours
        union all
        select definition, tenant_id, customer_id, currency, month_index, mrr
        from {{ ref("int_definitions__item_lines_posted") }}
    ),

    theirs as (
        select definition, tenant_id, customer_id, currency, month_index, sum(mrr)::bigint as mrr
        from both_kinds
        group by all
        having sum(mrr) <> 0
    )

select *, 'ours' as side
from ours
union all by name
select *, 'theirs' as side
from theirs
