-- What an invoice sum counts that MRR does not, and the reverse. Where recurring lines of a month are its MRR to the
-- last
-- digit, neither is a difference.
-- A view: its rows are written once, in metric_definition_differences.
{{ config(materialized="view") }}

with
    lines as (
        select *, reason in ('one_off_invoiced', 'usage_invoiced') as is_apart, invoiced as amount
        from {{ ref("int_definitions__invoiced_posted") }}
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

    -- Cells whose recurring lines sum to their MRR.
    agreeing as (
        select tenant_id, customer_id, currency, month_index
        from lines
        where not is_apart
        group by all
        having sum(amount) = 0
    ),

    differing as (
        select *
        from lines
        where is_apart
        union all
        select l.*
        from lines as l
        anti join agreeing using (tenant_id, customer_id, currency, month_index)
        where not l.is_apart
    ),

    rated as (
        select d.*, c.invoiced_reporting - c.mrr_reporting as cell_reporting, c.numerator, c.denominator
        from differing as d
        inner join {{ ref("int_definitions__naive_cells") }} as c using (tenant_id, customer_id, currency, month_index)
        where c.numerator is not null
    ),

    foreign_lines as (
        select
            *,
            {{ floor_part("amount::hugeint * numerator", "denominator") }} as floor_reporting,
            amount::hugeint * numerator
            - {{ floor_part("amount::hugeint * numerator", "denominator") }} * denominator as cut_off
        from rated
        where numerator <> denominator
    ),

    shared as (
        select
            * replace (
                floor_reporting + case
                    when
                        row_number() over (
                            partition by tenant_id, customer_id, currency, month_index order by cut_off desc, reason asc
                        )
                        <= cell_reporting
                        - sum(floor_reporting) over (partition by tenant_id, customer_id, currency, month_index)
                    then 1
                    else 0
                end as amount
            )
        from foreign_lines
    )

select tenant_id, 'naive_invoices' as definition, customer_id, currency, month_index, reason, amount::bigint as amount
from rated
where numerator = denominator
union all
select tenant_id, 'naive_invoices', customer_id, currency, month_index, reason, amount::bigint
from shared
