-- An invoice's own entity, else its contract's, else the home.
select i.tenant_id, i.invoice_id, coalesce(i.entity_id, k.entity_id, h.entity_id) as entity_id
from {{ ref("int_receivables__invoices_totalled") }} as i
inner join {{ ref("int_ledger__home_entities") }} as h on i.tenant_id = h.tenant_id
left join
    {{ ref("int_revenue__contracts_unioned") }} as k on i.tenant_id = k.tenant_id and i.contract_id = k.contract_id
