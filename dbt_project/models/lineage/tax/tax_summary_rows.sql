{%- set nets = ["taxable", "exempt", "zero_rated", "reverse_charge"] -%}
-- An invoice's charge at one rate is its lines of that rate, wherever these sum to it; a charge that was split between
-- tax points or authorities stays with the invoice.
with
    lines as (
        select
            l.tenant_id,
            l.invoice_id,
            {{ tax_rate_of("l.tax_rate", "l.tax_minor") }} as rate,
            {{ tax_code_of("l.tax_code", "l.tax_rate", "l.tax_minor") }} as reported_as,
            case when reported_as in ('standard', 'reduced') then l.net_minor else 0 end as taxable_minor,
            case when reported_as = 'exempt' then l.net_minor else 0 end as exempt_minor,
            case when reported_as = 'zero_rated' then l.net_minor else 0 end as zero_rated_minor,
            case when reported_as = 'reverse_charge' then l.net_minor else 0 end as reverse_charge_minor,
            l.tax_minor as amount_minor,
            {{ row_columns("'invoice_lines'", "l.line_id", "l") }}
        from {{ in_file("int_receivables__invoice_lines_valued") }} as l
        where l.set_aside_rule is null
    ),

    sums as (
        select
            tenant_id,
            invoice_id,
            rate,
            {% for net in nets %} sum({{ net }}_minor) as {{ net }}_minor, {% endfor %}
            sum(amount_minor) as amount_minor
        from lines
        group by tenant_id, invoice_id, rate
    ),

    postings as (
        select p.*, coalesce(s.invoice_id is not null, false) as is_by_line
        from {{ in_file("int_tax__postings") }} as p
        left join
            sums as s
            on p.tenant_id = s.tenant_id
            and p.source_id = s.invoice_id
            and p.entry = 'charge'
            and p.rate is not distinct from s.rate
            and p.amount_minor = s.amount_minor
            {% for net in nets %} and p.{{ net }}_minor = s.{{ net }}_minor {% endfor %}
    ),

    parts as (
        select
            p.tenant_id,
            p.jurisdiction,
            p.posted_on,
            p.currency,
            p.kind,
            p.rate,
            p.entry,
            {% for net in nets %} l.{{ net }}_minor, {% endfor %}
            l.amount_minor,
            p.source_id as document_id,
            l.source_table,
            l.source_id,
            l.file_id,
            l.line,
            l.change_no
        from postings as p
        inner join
            lines as l
            on p.tenant_id = l.tenant_id
            and p.source_id = l.invoice_id
            and p.rate is not distinct from l.rate
        where p.is_by_line
        union all
        select
            p.tenant_id,
            p.jurisdiction,
            p.posted_on,
            p.currency,
            p.kind,
            p.rate,
            p.entry,
            {% for net in nets %} case when p.is_by_line then 0 else p.{{ net }}_minor end, {% endfor %}
            case when p.is_by_line then 0 else p.amount_minor end,
            p.source_id as document_id,
            p.source_table,
            p.source_id,
            d.file_id,
            d.line,
            d.change_no
        from postings as p
        left join {{ in_file("documents") }} as d using (tenant_id, source_table, source_id)
    ),

    placed as (
        select
            p.* exclude (document_id),  -- noqa: RF02
            {{ month_start(month_index("p.posted_on")) }} as period,
            coalesce(i.customer_id, n.customer_id) as party,
            p.document_id as document_name,
            p.entry as step,
            c.millionths_per_minor
        from parts as p
        inner join {{ in_file("stg_run__currencies") }} as c using (currency)
        left join
            {{ in_file("int_receivables__invoices_unioned") }} as i
            on p.tenant_id = i.tenant_id
            and p.document_id = i.invoice_id
            and p.entry <> 'credit_note'
        left join
            {{ in_file("int_receivables__credit_notes_unioned") }} as n
            on p.tenant_id = n.tenant_id
            and p.document_id = n.credit_note_id
            and p.entry = 'credit_note'
    )

    {{
        parts_by_column(
            "placed",
            ["jurisdiction", "period", "currency", "kind", "rate"],
            [
                ("taxable", "", part_money("p.taxable_minor")),
                ("exempt", "", part_money("p.exempt_minor")),
                ("zero_rated", "", part_money("p.zero_rated_minor")),
                ("reverse_charge", "", part_money("p.reverse_charge_minor")),
                ("tax_charged", "", "case when p.entry= 'charge' then " ~ part_money("p.amount_minor") ~ " end"),
                ("tax_credited", "", "case when p.entry <> 'charge' then - " ~ part_money("p.amount_minor") ~ " end"),
                ("net_due", "", part_money("p.amount_minor")),
            ],
            "p.source_table = 'invoices'",
        )
    }}
