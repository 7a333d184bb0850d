-- A day's change is what begins on it less what ends on it; what is there after it is what covers the day.
with
    rows as (
        select
            s.tenant_id,
            s.customer_id,
            s.currency,
            s.valid_from,
            s.valid_to,
            s.net_mrr,
            concat_ws(' · ', s.subscription_id, s.item_id, s.started_on) as source_id,
            r.file_id,
            r.line,
            r.change_no
        from {{ in_file("int_mrr__segments") }} as s
        inner join
            {{ in_file("int_mrr__subscriptions_unioned") }} as r using (tenant_id, subscription_id, item_id, started_on)
        where s.net_mrr > 0
    ),

    days as (
        select r.*, e.day, e.kind
        from {{ in_file("mrr_events") }} as e
        inner join
            rows as r
            on e.tenant_id = r.tenant_id
            and e.customer_id = r.customer_id
            and e.currency = r.currency
            and e.day between r.valid_from and r.valid_to
    ),

    parts as (
        select
            tenant_id,
            customer_id,
            day,
            kind,
            currency,
            customer_id as party,
            null::varchar as document_name,
            case when day = valid_from then 'begins' when day = valid_to then 'ends' else 'goes on' end as step,
            case when day = valid_from then net_mrr when day = valid_to then - net_mrr end as delta,
            case when day < valid_to then net_mrr end as remaining,
            'subscriptions' as source_table,
            source_id,
            file_id,
            line,
            change_no
        from days
    )

    {{
        parts_by_column(
            "parts",
            ["customer_id", "day", "kind", "currency"],
            [("delta_mrr", "", money4("p.delta")), ("mrr_after", "", money4("p.remaining"))],
        )
    }}
