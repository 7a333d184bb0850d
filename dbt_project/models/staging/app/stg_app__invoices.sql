select
    i.tenant_id,
    i.invoice_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    i.change_no,
    i.customer_id,
    i.subscription_id,
    i.deal_id,
    i.contract_id,
    null::varchar as entity_id,
    i.number,
    i.issued_on::date as issued_on,
    i.due_on::date as due_on,
    coalesce(i.currency, t.currency) as currency,
    i.currency is null as is_currency_imputed,
    if(i.status = 'approved', 'draft', i.status) as status,  -- approved is not owed yet
    i.voided_on::date as voided_on,
    i.ship_to_country,
    i.ship_to_region
from {{ source("raw_app", "invoices") }} as i
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
