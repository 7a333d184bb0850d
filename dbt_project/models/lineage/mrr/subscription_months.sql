-- What each subscription row is worth at each snapshot, in ten-thousandths of its currency. The months are joined, not
-- laid out, so that a question about one month reads one month.
with
    segments as (
        select
            s.*,
            {{ month_index("s.valid_from") }} as first_month,
            {{ first_month_after("s.valid_to", "t.as_of") }} as end_month
        from {{ in_file("int_mrr__segments") }} as s
        inner join {{ in_file("stg_run__tenants") }} as t using (tenant_id)
        where s.valid_from <= t.as_of
    )

select
    s.tenant_id,
    s.customer_id,
    s.currency,
    m.month_index,
    {{ month_start("m.month_index") }} as month,
    s.subscription_id,
    concat_ws(' · ', s.subscription_id, s.item_id, s.started_on) as source_id,
    r.file_id,
    r.line,
    r.change_no,
    s.list_mrr,
    s.net_mrr,
    s.trial_mrr,
    s.committed_mrr
from segments as s
inner join
    {{ in_file("int_mrr__month_figures") }} as m
    on s.tenant_id = m.tenant_id
    and s.first_month <= m.month_index
    and s.end_month > m.month_index
inner join
    {{ in_file("int_mrr__subscriptions_unioned") }} as r
    on s.tenant_id = r.tenant_id
    and s.subscription_id = r.subscription_id
    and s.item_id = r.item_id
    and s.started_on = r.started_on
