-- Where a supply to a customer is taxed when the document does not say.
with
    customers as (
        select
            tenant_id,
            customer_id,
            upper(trim(coalesce(country, ''))) as country,
            upper(trim(coalesce(region, ''))) as region_key
        from {{ ref("int_customers__customers_unioned") }}
    )

select
    c.tenant_id,
    c.customer_id,
    c.country,
    c.region_key,
    coalesce(p.jurisdiction, nullif(c.country, ''), 'unknown') as jurisdiction,
    coalesce(p.kind, d.kind, 'VAT') as kind
from customers as c
left join {{ ref("int_tax__places") }} as p on c.country = p.country and c.region_key = p.region_key
left join {{ ref("int_tax__places") }} as d on c.country = d.country and d.region_key = ''
