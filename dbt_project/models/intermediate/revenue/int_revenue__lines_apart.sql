-- The lines that are not plain: those of corrected invoices, and those that bill a unit of a contract.
select
    l.tenant_id,
    l.line_id,
    l.invoice_id,
    l.product_id,
    l.net_minor,
    i.customer_id,
    i.contract_id,
    i.entity_id,
    i.currency,
    i.millionths_per_minor,
    i.issued_on,
    i.voided_on,
    coalesce(l.service_starts_on, l.service_ends_on, i.issued_on) as starts_on,
    greatest(coalesce(l.service_ends_on, l.service_starts_on, i.issued_on), starts_on) as ends_on,
    u.source_kind as unit_kind,
    u.source_id as unit_id
from {{ ref("int_receivables__invoice_lines_valued") }} as l
inner join {{ ref("int_revenue__invoices") }} as i using (tenant_id, invoice_id)
left join
    {{ ref("int_revenue__units") }} as u
    on l.tenant_id = u.tenant_id
    and l.obligation_id = u.billed_as
    and i.currency = u.currency
where l.set_aside_rule is null and (i.is_corrected or u.source_id is not null)
