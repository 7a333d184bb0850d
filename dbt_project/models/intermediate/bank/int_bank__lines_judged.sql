-- Lines of statements up to the as-of date, with what their texts can name.
with
    texts as (
        select
            b.*,
            coalesce(c.millionths_per_minor, 0) as millionths_per_minor,
            concat_ws(' ', b.reference, b.counterparty, b.description) as words
        from {{ ref("int_bank__lines_unioned") }} as b
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        left join {{ ref("stg_run__currencies") }} as c on b.currency = c.currency
        where b.booked_on <= t.as_of
    )

select
    tenant_id,
    bank_line_id,
    source,
    file_id,
    line,
    change_no,
    booked_on,
    currency,
    millionths_per_minor,
    amount_minor,
    abs(amount_minor)::bigint as size_minor,
    amount_minor > 0 as is_incoming,
    customer_id,
    {{ plain_text("counterparty") }} as counterparty_text,
    {{ plain_text("words") }} as line_text,
    list_distinct(
        list_append(
            list_transform(string_split_regex(words, '[\s,;:/|+]+'), lambda w:{{ plain_text("w") }}),
            {{ plain_text("reference") }}
        )
    ) as spoken,
    case
        when millionths_per_minor = 0
        then 'unknown_currency'
        when amount_minor is null
        then 'more_decimals_than_currency'
        when amount_minor = 0
        then 'moves_no_money'
    end as set_aside_rule
from texts
