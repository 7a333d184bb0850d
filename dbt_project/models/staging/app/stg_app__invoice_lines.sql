select
    l.tenant_id,
    l.line_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    l.change_no,
    l.invoice_id,
    l.product_id,
    v.description,
    coalesce(l.quantity::decimal(38, 6), 1) as quantity,
    {{ from_minor("l.unit_amount_minor", "c.millionths_per_minor") }} as unit_amount,
    {{ from_minor("l.discount_minor", "c.millionths_per_minor") }} as discount_amount,
    {{ from_minor("l.net_minor", "c.millionths_per_minor") }} as net_amount,
    l.tax_rate::decimal(38, 12) as tax_rate,
    {{ from_minor("l.tax_minor", "c.millionths_per_minor") }} as tax_amount,
    l.tax_code,
    l.service_starts_on::date as service_starts_on,
    l.service_ends_on::date as service_ends_on,
    l.obligation_id
from {{ source("raw_app", "invoice_lines") }} as l
inner join {{ ref("stg_app__invoices") }} as i using (tenant_id, invoice_id)
left join {{ source("raw_app", "invoice_lines_personal") }} as v using (tenant_id, line_id)
left join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
