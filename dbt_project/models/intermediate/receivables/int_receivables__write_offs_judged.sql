select
    w.*,
    i.customer_id,
    i.currency,
    greatest(w.written_off_on, i.issued_on) as effective_on,
    {{ to_minor("w.amount", "c.millionths_per_minor") }} as amount_minor,
    case
        when {{ to_minor("w.amount", "c.millionths_per_minor") }} is null then 'more_decimals_than_currency'
    end as set_aside_rule
from {{ ref("int_receivables__write_offs_unioned") }} as w
inner join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
left join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
