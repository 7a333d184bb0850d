-- Payments that stand elsewhere than at home: where the first invoice that they were allocated to stands.
with
    elsewhere as (
        select e.*
        from {{ ref("int_ledger__invoice_entities") }} as e
        inner join {{ ref("int_ledger__home_entities") }} as h on e.tenant_id = h.tenant_id
        where e.entity_id <> h.entity_id
    ),

    concerned as (
        select distinct a.tenant_id, a.payment_id
        from {{ ref("int_receivables__allocations_judged") }} as a
        semi join elsewhere using (tenant_id, invoice_id)
    )

select a.tenant_id, a.payment_id, arg_min(e.entity_id, (a.effective_on, a.invoice_id)) as entity_id
from {{ ref("int_receivables__allocations_judged") }} as a
semi join concerned using (tenant_id, payment_id)
inner join {{ ref("int_ledger__invoice_entities") }} as e on a.tenant_id = e.tenant_id and a.invoice_id = e.invoice_id
where a.set_aside_rule is null
group by all
