-- The lines that are not plain: those of corrected invoices, and those that bill a unit of a contract. They are few,
-- and
-- both questions are asked of small tables before anything is joined to all lines.
with
    corrected as (select tenant_id, invoice_id from {{ ref("int_revenue__invoices") }} where is_corrected),

    lines as (
        select l.*
        from {{ ref("int_receivables__invoice_lines_valued") }} as l
        semi join corrected using (tenant_id, invoice_id)
        where l.set_aside_rule is null
        union all
        select l.*
        from {{ ref("int_receivables__invoice_lines_valued") }} as l
        anti join corrected using (tenant_id, invoice_id)
        where l.set_aside_rule is null and l.obligation_id is not null
    )

select
    l.tenant_id,
    l.line_id,
    l.invoice_id,
    l.product_id,
    l.net_minor,
    i.net_minor as invoice_net_minor,
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
from lines as l
inner join {{ ref("int_revenue__invoices") }} as i using (tenant_id, invoice_id)
left join
    {{ ref("int_revenue__units") }} as u
    on l.tenant_id = u.tenant_id
    and l.obligation_id = u.billed_as
    and i.currency = u.currency
where i.is_corrected or u.source_id is not null
