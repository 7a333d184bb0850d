-- Journal lines by the rows behind them, debit above 0. What a month earned is by its sources, a day's sales by their
-- lines, every other journal by its one document.
with
    entries as (select *, debit - credit as amount from {{ in_file("journal_entries") }}),

    earned as (
        select
            p.* exclude (step, entity_id),  -- noqa: RF02
            coalesce(p.entity_id, k.entity_id, h.entity_id) as entity_id,
            concat_ws('·', strftime(p.month, '%Y-%m'), p.customer_id, p.product_id) as journal_id,
            p.billed_minor - p.credited_minor - p.deferred_closing_minor + p.deferred_opening_minor as deferred_revenue,
            p.contract_asset_closing_minor - p.asset_opening_minor as contract_asset,
            - p.recognized_minor as revenue
        from {{ in_file("revenue_parts") }} as p
        inner join {{ in_file("int_ledger__home_entities") }} as h on p.tenant_id = h.tenant_id
        left join
            {{ in_file("int_revenue__contracts_unioned") }} as k
            on p.tenant_id = k.tenant_id
            and p.contract_id = k.contract_id
    ),

    sales as (
        select
            s.*,
            concat_ws('·', s.sold_on, s.product) as journal_id,
            c.millionths_per_minor,
            (s.revenue * 1000000)::hugeint as millionths,
            sum(millionths) over (
                partition by s.tenant_id, s.currency, s.product, s.sold_on
                order by s.sale_id, s.file_id, s.line
                rows between unbounded preceding and current row
            ) as running
        from {{ in_file("int_retail__sales_dated") }} as s
        inner join {{ in_file("stg_run__currencies") }} as c using (currency)
    ),

    parts as (
        select
            e.* exclude (source_table, source_id, amount),  -- noqa: RF02
            e.source_table as journal_table,
            e.source_id as journal_id,
            e.amount,
            e.source_table,
            e.source_id,
            d.file_id,
            d.line,
            d.change_no
        from entries as e
        left join {{ in_file("documents") }} as d using (tenant_id, source_table, source_id)
        where e.kind not in ('recognition', 'sales')
        union all by name
        select
            e.* exclude (source_table, source_id, amount),  -- noqa: RF02
            e.source_table as journal_table,
            e.source_id as journal_id,
            {{
                money(
                    "case e.purpose when 'revenue' then r.revenue when 'contract_asset' then r.contract_asset"
                    ~ " else r.deferred_revenue end",
                    "r.millionths_per_minor",
                )
            }} as amount,
            r.source_table,
            r.source_id,
            r.file_id,
            r.line,
            r.change_no
        from entries as e
        inner join
            earned as r
            on e.tenant_id = r.tenant_id
            and e.source_id = r.journal_id
            and e.entity_id = r.entity_id
            and e.currency = r.currency
            and e.period = r.month
        where e.kind = 'recognition'
        union all by name
        select
            e.* exclude (source_table, source_id, amount),  -- noqa: RF02
            e.source_table as journal_table,
            e.source_id as journal_id,
            {{
                money(
                    divide_half_up("s.running", "s.millionths_per_minor")
                    ~ " - "
                    ~ divide_half_up("s.running - s.millionths", "s.millionths_per_minor"),
                    "s.millionths_per_minor",
                )
            }} * case e.purpose when 'cash' then 1 else -1 end as amount,
            'sales' as source_table,
            s.sale_id as source_id,
            s.file_id,
            s.line,
            s.change_no
        from entries as e
        inner join
            sales as s
            on e.tenant_id = s.tenant_id
            and e.source_id = s.journal_id
            and e.currency = s.currency
            and e.posted_on = s.sold_on
        where e.kind = 'sales'
    )

select *, debit > 0 as is_debit, coalesce(customer_id, account) as party, journal_id as document_name, kind as step
from parts
