-- Figures that stand beside MRR by the row that they come from, each cell of customer, month and currency converted
-- once.
with
    overdue as (
        select distinct a.tenant_id, a.month_index, i.subscription_id
        from {{ in_file("int_receivables__aging_snapshots") }} as a
        inner join {{ in_file("int_receivables__invoices_unioned") }} as i using (tenant_id, invoice_id)
        where a.days_past_due > 0 and i.subscription_id is not null
    ),

    rows as (
        select
            m.tenant_id,
            m.customer_id,
            m.currency,
            m.month_index,
            m.month,
            m.list_mrr,
            m.trial_mrr,
            m.committed_mrr,
            case when o.subscription_id is null then 0 else m.net_mrr end as at_risk_mrr,
            0 as usage,  -- noqa: RF04
            'subscriptions' as source_table,
            m.source_id,
            m.file_id,
            m.line,
            m.change_no
        from {{ in_file("subscription_months") }} as m
        left join overdue as o using (tenant_id, month_index, subscription_id)
        union all
        select
            l.tenant_id,
            i.customer_id,
            i.currency,
            {{ month_index("i.issued_on") }},
            date_trunc('month', i.issued_on)::date,
            0,
            0,
            0,
            0,
            l.net_minor * divide(c.millionths_per_minor, 100),
            'invoice_lines',
            l.line_id,
            l.file_id,
            l.line,
            l.change_no
        from {{ in_file("int_receivables__invoice_lines_valued") }} as l
        inner join {{ in_file("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
        inner join {{ in_file("stg_run__tenants") }} as t on i.tenant_id = t.tenant_id
        inner join {{ in_file("stg_run__currencies") }} as c on i.currency = c.currency
        inner join
            {{ in_file("int_mrr__products_unioned") }} as p on l.tenant_id = p.tenant_id and l.product_id = p.product_id
        where
            l.set_aside_rule is null
            and p.kind = 'usage'
            and i.issued_on <= t.as_of
            and coalesce(i.voided_on > t.as_of, true)
    ),

    running as (
        select
            r.*,
            {% for figure in ["list_mrr", "trial_mrr", "committed_mrr", "at_risk_mrr", "usage"] %}
                sum(r.{{ figure }}) over cell as {{ figure }}_sum,
            {% endfor %}
            f.numerator,
            f.denominator
        from rows as r
        inner join {{ in_file("int_fx__month_rates") }} as f using (tenant_id, currency, month_index)
        window
            cell as (
                partition by r.tenant_id, r.customer_id, r.currency, r.month
                order by r.source_table, r.source_id
                rows between unbounded preceding and current row
            )
    )

select
    tenant_id,
    month,
    customer_id as party,
    null::varchar as document_name,
    'at the snapshot' as step,
    {% for figure in ["list_mrr", "trial_mrr", "committed_mrr", "at_risk_mrr", "usage"] %}
        {{ converted_part(figure, figure ~ "_sum", "numerator", "denominator") }} as {{ figure }},
    {% endfor %}
    source_table,
    source_id,
    file_id,
    line,
    change_no
from running
