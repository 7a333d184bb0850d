-- Each source of revenue by month, beside what it closed the month before with, and the row that made it.
with
    months as (
        select
            tenant_id,
            source_kind,
            source_id,
            month_index,
            customer_id,
            product_id,
            contract_id,
            invoice_id,
            entity_id,
            currency,
            millionths_per_minor,
            billed_minor,
            recognized_minor,
            credited_minor,
            recognized_to_date_minor,
            deferred_closing_minor,
            contract_asset_closing_minor,
            deferred_modified_minor,
            0 as deferred_opening_minor,
            0 as asset_opening_minor
        from {{ in_file("int_revenue__line_months") }}
        union all by name
        select
            tenant_id,
            source_kind,
            source_id,
            month_index + 1 as month_index,
            customer_id,
            product_id,
            contract_id,
            invoice_id,
            entity_id,
            currency,
            millionths_per_minor,
            0 as billed_minor,
            0 as recognized_minor,
            0 as credited_minor,
            0 as recognized_to_date_minor,
            0 as deferred_closing_minor,
            0 as contract_asset_closing_minor,
            0 as deferred_modified_minor,
            deferred_closing_minor as deferred_opening_minor,
            contract_asset_closing_minor as asset_opening_minor
        from {{ in_file("int_revenue__line_months") }}
        where deferred_closing_minor <> 0 or contract_asset_closing_minor <> 0
    ),

    makers as (
        select tenant_id, 'invoice_line' as source_kind, line_id as source_id, file_id, line, change_no
        from {{ in_file("int_receivables__invoice_lines_unioned") }}
        union all
        select tenant_id, 'obligation', obligation_id, file_id, line, change_no
        from {{ in_file("int_revenue__obligations_unioned") }}
        union all
        select tenant_id, 'modification', modification_id, file_id, line, change_no
        from {{ in_file("int_revenue__contract_modifications_unioned") }}
    )

select
    m.* exclude (source_kind, source_id, customer_id),  -- noqa: RF02
    {{ month_start("m.month_index") }} as month,
    m.source_kind,
    m.source_id as revenue_source_id,
    m.customer_id,
    m.customer_id as party,
    coalesce(m.invoice_id, m.contract_id) as document_name,
    m.source_kind as step,
    case
        m.source_kind
        when 'invoice_line'
        then 'invoice_lines'
        when 'obligation'
        then 'obligations'
        else 'contract_modifications'
    end as source_table,
    m.source_id,
    r.file_id,
    r.line,
    r.change_no
from months as m
inner join makers as r using (tenant_id, source_kind, source_id)
