select
    n.tenant_id,
    n.credit_note_id,
    'csv' as source,
    n.file_id,
    n.line,
    null::bigint as change_no,
    n.customer_id,
    n.invoice_id,
    n.issued_on,
    coalesce(n.applied_on, n.issued_on) as applied_on,
    coalesce(n.currency, t.currency) as currency,
    n.currency is null as is_currency_imputed,
    n.amount,
    {{ to_minor("n.amount", "c.millionths_per_minor") }} as amount_minor,
    {{ to_minor("n.tax_amount", "c.millionths_per_minor") }} as tax_minor,
    n.reason
from {{ source("raw_csv", "credit_notes") }} as n
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(n.currency, t.currency)
