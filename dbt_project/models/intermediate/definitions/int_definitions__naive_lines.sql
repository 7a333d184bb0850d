-- What an invoice sum counts that MRR does not, and the reverse. Where recurring lines of a month are its MRR to the
-- last
-- digit, neither is a difference.
with
    lines as (
        select *, reason in ('one_off_invoiced', 'usage_invoiced') as is_apart, invoiced as amount
        from {{ ref("int_definitions__invoiced") }}
        union all by name
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            'mrr_of_the_month' as reason,
            false as is_apart,
            - mrr as amount
        from {{ ref("int_definitions__naive_cells") }}
        where mrr > 0
    ),

    differing as (
        select *
        from lines
        qualify
            is_apart
            or sum(amount) filter (where not is_apart) over (partition by tenant_id, customer_id, currency, month_index)
            <> 0
    ),

    valued as (
        select
            d.*,
            c.invoiced_reporting - c.mrr_reporting as cell_reporting,
            {{ floor_part("d.amount::hugeint * c.numerator", "c.denominator") }} as floor_reporting,
            d.amount::hugeint * c.numerator
            - {{ floor_part("d.amount::hugeint * c.numerator", "c.denominator") }} * c.denominator as cut_off
        from differing as d
        inner join {{ ref("int_definitions__naive_cells") }} as c using (tenant_id, customer_id, currency, month_index)
        where c.numerator is not null
    )

select
    tenant_id,
    'naive_invoices' as definition,
    customer_id,
    currency,
    month_index,
    null::varchar as subscription_id,
    null::varchar as item_id,
    reason,
    floor_reporting + case
        when
            row_number() over (
                partition by tenant_id, customer_id, currency, month_index order by cut_off desc, reason asc
            )
            <= cell_reporting - sum(floor_reporting) over (partition by tenant_id, customer_id, currency, month_index)
        then 1
        else 0
    end as amount
from valued
