-- What late facts changed of closed months, in the first open one: invoices against those of the frozen bridge, and
-- revenue.
with
    invoiced as (
        select
            i.tenant_id,
            i.customer_id,
            i.currency,
            {{ money("i.invoiced_minor", "c.millionths_per_minor") }} as late_invoiced,
            0 as late_recognized
        from {{ ref("int_bridge__invoiced") }} as i
        inner join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
        semi join
            {{ ref("stg_run__closed") }} as closed
            on i.tenant_id = closed.tenant_id
            and i.month_index <= closed.closed_month
        union all
        select tenant_id, customer_id, currency, - invoiced, 0
        from ({{ closed_rows("revenue_bridge", "month") }})
        union all
        select m.tenant_id, m.customer_id, m.currency, 0, {{ money("m.recognized_minor", "m.millionths_per_minor") }}
        from {{ ref("int_revenue__line_months_closed") }} as m
        semi join
            {{ ref("stg_run__closed") }} as closed
            on m.tenant_id = closed.tenant_id
            and m.month_index > closed.closed_month
    ),

    sums as (
        select
            tenant_id,
            customer_id,
            currency,
            sum(late_invoiced)::decimal(28, 4) as late_invoiced,
            sum(late_recognized)::decimal(28, 4) as late_recognized
        from invoiced
        group by all
        having sum(late_invoiced) <> 0 or sum(late_recognized) <> 0
    )

select sums.*, closed.first_open_month as month_index
from sums
inner join {{ ref("stg_run__closed") }} as closed on sums.tenant_id = closed.tenant_id and closed.has_open_month
