-- The account of each purpose, and of each detail that was posted to: the tenant's own for exactly that, else the
-- tenant's for the purpose, else the chart's. Revenue is kept by product and expenses by category, as sub-accounts of
-- the latter two.
with
    posted as (
        select t.tenant_id, a.purpose, null::varchar as detail
        from {{ ref("stg_run__tenants") }} as t
        cross join {{ ref("ledger_accounts") }} as a
        union
        select tenant_id, 'revenue', product_id
        from {{ ref("int_ledger__recognition") }}
        {% for legs in ["payable", "retail"] %}
            union
            select tenant_id, purpose, detail
            from {{ ref("int_ledger__" ~ legs ~ "_legs") }}
            where detail is not null
        {% endfor %}
    )

select
    p.tenant_id,
    p.purpose,
    p.detail,
    coalesce(
        own.account,
        coalesce(general.account, s.account) || if(s.has_detail and p.detail is not null, '-' || p.detail, '')
    ) as account,  -- noqa: RF04
    coalesce(
        own.account_name,
        concat_ws(', ', coalesce(general.account_name, s.account_name), if(s.has_detail, p.detail, null))
    ) as account_name,
    s.kind
from posted as p
inner join {{ ref("ledger_accounts") }} as s using (purpose)
left join
    {{ ref("stg_app__gl_mappings") }} as own
    on p.tenant_id = own.tenant_id
    and p.purpose = own.purpose
    and p.detail = own.detail
left join
    {{ ref("stg_app__gl_mappings") }} as general
    on p.tenant_id = general.tenant_id
    and p.purpose = general.purpose
    and general.detail = '*'
