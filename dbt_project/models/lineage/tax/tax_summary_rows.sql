{%- set nets = ["taxable", "exempt", "zero_rated", "reverse_charge"] -%}
-- An invoice's charge at one rate is its lines of that rate, wherever these sum to it; a charge that was split between
-- tax points or authorities stays with the invoice.
with
    lines as not materialized(
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

    postings as not materialized(
        select *, {{ month_start(month_index("posted_on")) }} as period from {{ in_file("int_tax__postings") }}
    ),

    matched as not materialized(
        select
            p.tenant_id,
            p.jurisdiction,
            p.period,
            p.posted_on,
            p.currency,
            p.kind,
            p.rate,
            p.entry,
            p.source_id as document_id,
            l.* exclude (tenant_id, invoice_id, rate),  -- noqa: RF02
            {% for net in nets %} sum(l.{{ net }}_minor) over posting = p.{{ net }}_minor and {% endfor %}
            sum(l.amount_minor) over posting = p.amount_minor as is_by_line
        from postings as p
        inner join
            lines as l
            on p.tenant_id = l.tenant_id
            and p.source_id = l.invoice_id
            and p.rate is not distinct from l.rate
        where p.entry = 'charge'
        window
            posting as (
                partition by p.tenant_id, p.jurisdiction, p.period, p.posted_on, p.currency, p.kind, p.rate, p.source_id
            )
    ),

    whole as (
        select distinct tenant_id, jurisdiction, period, posted_on, currency, kind, rate, document_id
        from matched
        where is_by_line
    ),

    parts as (
        select
            tenant_id,
            jurisdiction,
            period,
            currency,
            kind,
            rate,
            entry,
            {% for net in nets %} {{ net }}_minor, {% endfor %}
            amount_minor,
            document_id,
            source_table,
            source_id,
            file_id,
            line,
            change_no
        from matched
        where is_by_line
        union all
        select
            p.tenant_id,
            p.jurisdiction,
            p.period,
            p.currency,
            p.kind,
            p.rate,
            p.entry,
            {% for net in nets %} case when w.document_id is null then p.{{ net }}_minor else 0 end, {% endfor %}
            case when w.document_id is null then p.amount_minor else 0 end,
            p.source_id as document_id,
            p.source_table,
            p.source_id,
            d.file_id,
            d.line,
            d.change_no
        from postings as p
        left join
            whole as w
            on p.tenant_id = w.tenant_id
            and p.jurisdiction = w.jurisdiction
            and p.period = w.period
            and p.posted_on = w.posted_on
            and p.currency = w.currency
            and p.kind = w.kind
            and p.rate is not distinct from w.rate
            and p.source_id = w.document_id
            and p.entry = 'charge'
        left join
            {{ in_file("documents") }} as d
            on p.tenant_id = d.tenant_id
            and p.source_table = d.source_table
            and p.source_id = d.source_id
    ),

    placed as (
        select
            p.* exclude (document_id),  -- noqa: RF02
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
