-- Rows that a rule across files took out of the figures, from each model that judges.
{{ rows_set_aside("int_mrr__items_dated", "subscriptions", "concat_ws(' · ', subscription_id, item_id, started_on)") }}
union all
{{ rows_set_aside("int_receivables__invoice_lines_valued", "invoice_lines", "concat_ws(' · ', line_id, currency)") }}
union all
{{
    rows_set_aside(
        "int_receivables__instalments_judged", "invoice_instalments", "concat_ws(' · ', invoice_id, due_on)"
    )
}}
union all
select
    tenant_id,
    file_id,
    line,
    change_no,
    data_set,
    set_aside_rule as rule,
    concat_ws(' · ', payment_id, invoice_id, payment_currency) as detail,
    data_set = 'payment_allocations' as is_excluded
from {{ ref("int_receivables__allocations_judged") }}
where set_aside_rule is not null
union all
select
    tenant_id,
    file_id,
    line,
    change_no,
    'credit_notes' as data_set,
    set_aside_rule as rule,
    concat_ws(' · ', credit_note_id, invoice_id, currency) as detail,
    amount_minor is null as is_excluded
from {{ ref("int_receivables__credits_judged") }}
where set_aside_rule is not null
union all
{{ rows_set_aside("int_receivables__write_offs_judged", "write_offs", "write_off_id") }}
union all
{{ rows_set_aside("int_receivables__refunds_judged", "refunds", "refund_id") }}
union all
{{ rows_set_aside("int_payables__bills_judged", "bills", "concat_ws(' · ', bill_id, currency)") }}
union all
{{ rows_set_aside("int_payables__payments_judged", "bill_payments", "concat_ws(' · ', bill_payment_id, bill_id)") }}
union all
{{
    rows_set_aside(
        "int_tax__line_taxes_judged", "invoice_line_taxes", "concat_ws(' · ', line_id, jurisdiction, kind)"
    )
}}
union all
{{ rows_set_aside("int_pipeline__deals_dated", "deals", "concat_ws(' · ', deal_id, currency)") }}
union all
select
    tenant_id,
    file_id,
    line,
    change_no,
    'payments' as data_set,
    'more_decimals_than_currency' as rule,
    concat_ws(' · ', payment_id, currency) as detail,
    true as is_excluded
from {{ ref("int_receivables__payments_unioned") }}
where amount_minor is null
union all
{{ rows_set_aside("int_bank__lines_judged", "bank_statement", "concat_ws(' · ', booked_on, currency)") }}
union all
{{ rows_set_aside("int_revenue__contracts_judged", "contracts", "concat_ws(' · ', contract_id, currency)") }}
union all
{{ rows_set_aside("int_revenue__obligations_judged", "obligations", "concat_ws(' · ', obligation_id, contract_id)") }}
union all
{{ rows_set_aside("int_revenue__progress_judged", "progress", "concat_ws(' · ', obligation_id, measured_on)") }}
union all
{{
    rows_set_aside(
        "int_revenue__modifications_applied",
        "contract_modifications",
        "concat_ws(' · ', modification_id, contract_id)",
    )
}}
union all
select
    tenant_id,
    file_id,
    line,
    change_no,
    'expenses' as data_set,
    'more_decimals_than_currency' as rule,
    concat_ws(' · ', expense_id, currency) as detail,
    amount_minor is null as is_excluded
from {{ ref("int_retail__expenses_unioned") }}
where amount_minor is null or (tax_amount is not null and tax_amount_minor is null)
union all
-- A line that names what a contract in another currency sells is earned by itself.
select
    l.tenant_id,
    l.file_id,
    l.line,
    l.change_no,
    'invoice_lines' as data_set,
    'contract_in_another_currency' as rule,
    concat_ws(' · ', l.line_id, l.obligation_id, l.currency) as detail,
    false as is_excluded
from {{ ref("int_receivables__invoice_lines_valued") }} as l
inner join
    {{ ref("int_revenue__units") }} as u
    on l.tenant_id = u.tenant_id
    and l.obligation_id = u.billed_as
    and l.currency <> u.currency
where l.set_aside_rule is null
