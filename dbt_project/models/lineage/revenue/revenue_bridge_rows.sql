-- From MRR to the ledger by the rows behind every item: subscriptions and what their lines serve, lines by what they
-- are
-- for, sources of revenue, journal lines.
{%- set cases = [] -%}
{%- for item in ["mrr", "not_billed", "beyond_mrr", "proration", "currency_rounding", "billing_timing", "usage"] -%}
    {%- do cases.append((item, "", "p." ~ item)) -%}
{%- endfor %}
with
    subscriptions as (
        select *, {{ month_start("month_index") }} as month, null::varchar as document_name
        from {{ in_file("bridge_subscription_parts") }}
    ),

    lines as (
        select
            k.*,
            {{ month_start("k.issue_month") }} as month,
            k.invoice_id as party,
            null::varchar as document_name,
            k.kind as step,
            {{ row_columns("'invoice_lines'", "k.line_id", "l") }}
        from {{ in_file("int_bridge__line_kinds") }} as k
        inner join {{ in_file("int_receivables__invoice_lines_unioned") }} as l using (tenant_id, line_id)
    ),

    elsewhere as (
        select
            a.tenant_id,
            a.customer_id as invoiced_to,
            u.customer_id as earned_from,
            a.currency,
            a.millionths_per_minor,
            {{ month_start(month_index("a.issued_on")) }} as month,
            a.net_minor,
            a.invoice_id as party,
            null::varchar as document_name,
            {{ row_columns("'invoice_lines'", "a.line_id", "l") }}
        from {{ in_file("int_revenue__lines_apart") }} as a
        inner join {{ in_file("int_receivables__invoice_lines_unioned") }} as l using (tenant_id, line_id)
        inner join
            {{ in_file("int_revenue__units") }} as u
            on a.tenant_id = u.tenant_id
            and a.unit_kind = u.source_kind
            and a.unit_id = u.source_id
        where a.customer_id <> u.customer_id
    ),

    both_sides as (
        select *, invoiced_to as customer_id, - net_minor as moved_minor, 'earned from ' || earned_from as step
        from elsewhere
        union all
        select *, earned_from, net_minor, 'invoiced to ' || invoiced_to
        from elsewhere
    ),

    ledger as (
        select *, period as month from {{ in_file("ledger_parts") }} where purpose = 'revenue' and kind = 'recognition'
    ),

    parts as (
        {{ parts_by_column("subscriptions", ["customer_id", "month", "currency"], cases) }}
        union all
        {{
            parts_by_column(
                "lines",
                ["customer_id", "month", "currency"],
                [
                    ("usage", "", part_if("kind", ["usage"], part_money("p.net_minor"))),
                    ("one_off", "", part_if("kind", ["one_off"], part_money("p.net_minor"))),
                    ("contracts", "", part_if("kind", ["contract"], part_money("p.net_minor"))),
                    ("tax", "", part_money("p.tax_minor")),
                    ("invoiced", "", part_money("p.net_minor + p.tax_minor")),
                ],
            )
        }}
        union all
        {{
            parts_by_column(
                "both_sides",
                ["customer_id", "month", "currency"],
                [("other_customers", "", part_money("p.moved_minor"))],
            )
        }}
        union all
        {{
            parts_by_column(
                in_file("revenue_parts"),
                ["customer_id", "month", "currency"],
                [
                    ("credits", "", part_money("- p.credited_minor")),
                    ("deferral", "", part_money("p.deferred_opening_minor - p.deferred_closing_minor")),
                    (
                        "earned_before_bill",
                        "",
                        part_money("p.contract_asset_closing_minor - p.asset_opening_minor"),
                    ),
                    ("recognized", "", part_money("p.recognized_minor")),
                ],
            )
        }}
        union all
        {{ parts_by_column("ledger", ["customer_id", "month", "currency"], [("ledger_revenue", "", "- p.amount")]) }}
    )

select p.*
from parts as p
semi join
    {{ in_file("revenue_bridge") }} as b
    on p.tenant_id = b.tenant_id
    and p.customer_id = b.customer_id
    and p.month = b.month
    and p.currency = b.currency
