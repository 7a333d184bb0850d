with
    months as (
        select
            tenant_id,
            {{ month_index("posted_on") }} as month_index,
            currency,
            source_table,
            count(*) as documents,
            sum(amount_minor) as amount_minor,
            sum(tax_minor) as tax_minor
        from {{ ref("int_tax__input_postings_posted") }}
        group by all
    )

select
    m.tenant_id,
    {{ month_start("m.month_index") }} as month,
    m.currency,
    m.source_table,
    m.documents,
    {{ money("m.amount_minor - m.tax_minor", "c.millionths_per_minor") }} as net,
    {{ money("m.tax_minor", "c.millionths_per_minor") }} as input_tax
from months as m
inner join {{ ref("stg_run__currencies") }} as c using (currency)
