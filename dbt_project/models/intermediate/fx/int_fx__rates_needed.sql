-- Every day on which some figure turns a currency into the reporting currency, and no other day.
with
    months as (
        select tenant_id, currency, month_index - 1 as month_index
        from {{ ref("int_mrr__movements") }}
        union
        select tenant_id, currency, month_index
        from {{ ref("int_mrr__movements") }}
        where closing_mrr > 0
        union
        select tenant_id, currency, month_index
        from {{ ref("int_mrr__customer_months_posted") }}
        where list_mrr > 0 or trial_mrr > 0 or committed_mrr > 0
        union
        select tenant_id, currency, month_index
        from {{ ref("int_mrr__at_risk_months") }}
        union
        select tenant_id, currency, month_index - 12
        from {{ ref("int_mrr__year_pairs") }}
        union
        select tenant_id, currency, month_index
        from {{ ref("int_pipeline__month_amounts") }}
        where amount_minor <> 0
        union
        -- What other tools count is valued by the same rates as what we count.
        select tenant_id, currency, unnest([month_index - 1, month_index])
        from {{ ref("int_definitions__sides") }}
        where side = 'theirs'
        union
        select tenant_id, currency, month_index - 12
        from {{ ref("int_definitions__year_pairs") }}
    ),

    -- A plain sum of invoices and the last rate of a currency in which nothing is sold any more use what is stored, and
    -- stop nothing where nothing is.
    wanted as (
        select *, true as is_required
        from months
        union all
        select tenant_id, currency, month_index, false
        from {{ ref("int_definitions__invoiced_posted") }}
        union all
        select m.tenant_id, m.currency, t.as_of_month, false
        from {{ ref("int_mrr__movements") }} as m
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    )

select
    w.tenant_id,
    w.currency,
    w.month_index,
    {{ snapshot_on("w.month_index", "t.as_of") }} as rate_on,
    t.reporting_currency,
    bool_or(w.is_required and f.numerator is null) as is_required
from wanted as w
inner join {{ ref("stg_run__tenants") }} as t on w.tenant_id = t.tenant_id
left join
    {{ ref("int_fx__month_rates_closed") }} as f
    on w.tenant_id = f.tenant_id
    and w.currency = f.currency
    and w.month_index = f.month_index
group by all
