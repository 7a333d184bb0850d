-- Item lines in the reporting currency: the difference of the two rounded cells of a customer, month and currency,
-- given to the cell's lines by largest remainder.
-- A view: its rows are written once, in metric_definition_differences.
{{ config(materialized="view") }}

with
    cells as (
        select
            tenant_id,
            definition,
            customer_id,
            currency,
            month_index,
            coalesce(sum(mrr) filter (where side = 'theirs'), 0) as their_mrr,
            coalesce(sum(mrr) filter (where side = 'ours'), 0) as our_mrr
        from {{ ref("int_definitions__sides") }}
        group by all
    ),

    valued as (
        select
            l.*,
            {{ convert("c.their_mrr", "r.numerator", "r.denominator") }}
            - {{ convert("c.our_mrr", "r.numerator", "r.denominator") }} as cell_reporting,
            {{ floor_part("l.mrr::hugeint * r.numerator", "r.denominator") }} as floor_reporting,
            l.mrr::hugeint * r.numerator
            - {{ floor_part("l.mrr::hugeint * r.numerator", "r.denominator") }} * r.denominator as cut_off
        from {{ ref("int_definitions__item_lines_posted") }} as l
        inner join cells as c using (tenant_id, definition, customer_id, currency, month_index)
        inner join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
    )

select
    * exclude (mrr, cell_reporting, floor_reporting, cut_off),
    floor_reporting + case
        when
            row_number() over (
                partition by tenant_id, definition, customer_id, currency, month_index
                order by cut_off desc, subscription_id asc, item_id asc, reason asc
            )
            <= cell_reporting
            - sum(floor_reporting) over (partition by tenant_id, definition, customer_id, currency, month_index)
        then 1
        else 0
    end as amount
from valued
