-- Money in and money back. It moves receivables whether or not it is allocated: the control account is the ageing with
-- what is unapplied.
-- A view: the journal writes them.
{{ config(materialized="view") }}

with
    homes as (select * from {{ ref("int_ledger__home_entities") }}),

    payments as (
        select
            p.tenant_id,
            coalesce(e.entity_id, h.entity_id) as entity_id,
            p.customer_id,
            p.currency,
            p.payment_id,
            p.received_on,
            p.amount_minor
        from {{ ref("int_receivables__payments_unioned") }} as p
        inner join {{ ref("stg_run__tenants") }} as t on p.tenant_id = t.tenant_id and p.received_on <= t.as_of
        inner join homes as h on p.tenant_id = h.tenant_id
        left join
            {{ ref("int_ledger__payment_entities") }} as e on p.tenant_id = e.tenant_id and p.payment_id = e.payment_id
        where p.status = 'succeeded' and p.amount_minor is not null
    ),

    refunds as (
        select
            r.tenant_id,
            coalesce(e.entity_id, h.entity_id) as entity_id,
            j.customer_id,
            r.currency,
            r.kind,
            r.refund_id,
            r.effective_on,
            sum(r.amount_minor) as amount_minor
        from {{ ref("int_receivables__refunds_placed") }} as r
        inner join {{ ref("int_receivables__refunds_judged") }} as j using (tenant_id, refund_id)
        inner join {{ ref("stg_run__tenants") }} as t on r.tenant_id = t.tenant_id and r.effective_on <= t.as_of
        inner join homes as h on r.tenant_id = h.tenant_id
        left join
            {{ ref("int_ledger__payment_entities") }} as e on j.tenant_id = e.tenant_id and j.payment_id = e.payment_id
        group by all
    ),

    chargebacks as (select * from refunds where kind = 'chargeback'),

    paid_back as (select * from refunds where kind <> 'chargeback')

    {{
        journal(
            "payments",
            "payment",
            "payments",
            "payment_id",
            "received_on",
            [("cash", "amount_minor"), ("receivable", "- amount_minor")],
        )
    }}
union all
{{
    journal(
        "paid_back",
        "refund",
        "refunds",
        "refund_id",
        "effective_on",
        [("receivable", "amount_minor"), ("cash", "- amount_minor")],
    )
}}
union all
{{
    journal(
        "chargebacks",
        "chargeback",
        "refunds",
        "refund_id",
        "effective_on",
        [("receivable", "amount_minor"), ("cash", "- amount_minor")],
    )
}}
