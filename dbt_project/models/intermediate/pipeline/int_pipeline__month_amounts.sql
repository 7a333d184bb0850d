-- Amounts of the pipeline per month and currency, in minor units; weighted ones in millionths of these.
with
    amounts as (
        select tenant_id, month_index, currency, 'open' as figure, sum(amount_minor) as amount_minor, count(*) as deals
        from {{ ref("int_pipeline__open_months") }}
        where amount_minor is not null
        group by all
        union all
        select
            tenant_id,
            month_index,
            currency,
            'weighted',
            {{ divide_half_up("sum(amount_minor * (probability * 1000000)::bigint)", "1000000") }},
            count(*)
        from {{ ref("int_pipeline__open_months") }}
        where amount_minor is not null
        group by all
        union all
        select tenant_id, month_index, currency, 'closing', sum(amount_minor), count(*)
        from {{ ref("int_pipeline__open_months") }}
        where amount_minor is not null and {{ month_index("expected_close_on") }} = month_index
        group by all
        union all
        select tenant_id, {{ month_index("ended_on") }}, currency, outcome, sum(amount_minor), count(*)
        from {{ ref("int_pipeline__deals_dated") }}
        where outcome in ('won', 'lost') and ended_on <= as_of and amount_minor is not null
        group by all
    )

select *
from amounts
