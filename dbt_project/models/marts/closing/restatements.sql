with
    rows_of_both as (
        select *, 'posted_late' as status
        from {{ ref("int_closing__late_accounts") }}
        union all by name
        select *, 'posted_late' as status
        from {{ ref("int_closing__late_mrr") }}
        union all by name
        select *, 'reopened' as status
        from {{ ref("int_closing__reopened") }}
    )

select
    tenant_id,
    month,
    table_name,
    figure,
    currency,
    closed_value::decimal(28, 4) as closed_value,
    late_value::decimal(28, 4) as value_with_late_facts,
    difference::decimal(28, 4) as difference,
    posted_month,
    status,
    reopened_at,
    reopened_by,
    closed_seq
from rows_of_both
