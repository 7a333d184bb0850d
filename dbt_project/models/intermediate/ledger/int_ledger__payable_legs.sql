-- Bills and what was paid on them; expenses paid at once. Amounts include the tax, which is input tax and no cost.
with
    homes as (select * from {{ ref("int_ledger__home_entities") }}),

    bills as (
        select
            b.tenant_id,
            coalesce(b.entity_id, h.entity_id) as entity_id,
            null::varchar as customer_id,
            b.currency,
            b.bill_id,
            b.issued_on,
            b.amount_minor,
            coalesce(b.tax_minor, 0) as tax_minor,
            coalesce(b.category, 'other') as category,
            t.as_of
        from {{ ref("int_payables__bills_judged") }} as b
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        inner join homes as h using (tenant_id)
        where b.set_aside_rule is null
    ),

    issued as (select * from bills where issued_on <= as_of),

    bill_payments as (
        select
            p.tenant_id,
            b.entity_id,
            null::varchar as customer_id,
            p.currency,
            p.bill_payment_id,
            p.paid_on,
            p.amount_minor
        from {{ ref("int_payables__payments_judged") }} as p
        inner join bills as b using (tenant_id, bill_id)
        where p.set_aside_rule is null and p.paid_on <= b.as_of
    ),

    expenses as (
        select
            e.tenant_id,
            h.entity_id,
            null::varchar as customer_id,
            e.currency,
            e.expense_id,
            e.spent_on,
            e.amount_minor,
            coalesce(e.tax_amount_minor, 0) as tax_minor,
            e.category
        from {{ ref("int_retail__expenses_unioned") }} as e
        inner join {{ ref("stg_run__tenants") }} as t on e.tenant_id = t.tenant_id and e.spent_on <= t.as_of
        inner join homes as h on e.tenant_id = h.tenant_id
        where e.amount_minor is not null
    )

    {{
        journal(
            "issued",
            "bill",
            "bills",
            "bill_id",
            "issued_on",
            [("expense", "amount_minor - tax_minor"), ("input_tax", "tax_minor"), ("payable", "- amount_minor")],
            detail="category",
        )
    }}
union all
{{
    journal(
        "bill_payments",
        "bill_payment",
        "bill_payments",
        "bill_payment_id",
        "paid_on",
        [("payable", "amount_minor"), ("cash", "- amount_minor")],
    )
}}
union all
{{
    journal(
        "expenses",
        "expense",
        "expenses",
        "expense_id",
        "spent_on",
        [("expense", "amount_minor - tax_minor"), ("input_tax", "tax_minor"), ("cash", "- amount_minor")],
        detail="category",
    )
}}
