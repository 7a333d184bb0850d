-- Every document and row that figures name by table and id, with where it came from.
{% set documents = {
    "invoices": ("int_receivables__invoices_unioned", "invoice_id"),
    "invoice_lines": ("int_receivables__invoice_lines_unioned", "line_id"),
    "payments": ("int_receivables__payments_unioned", "payment_id"),
    "refunds": ("int_receivables__refunds_unioned", "refund_id"),
    "credit_notes": ("int_receivables__credit_notes_unioned", "credit_note_id"),
    "write_offs": ("int_receivables__write_offs_unioned", "write_off_id"),
    "bills": ("int_payables__bills_unioned", "bill_id"),
    "bill_payments": ("int_payables__bill_payments_unioned", "bill_payment_id"),
    "expenses": ("int_retail__expenses_unioned", "expense_id"),
} %}
{% for source_table, (relation, key) in documents.items() %}
    {% if not loop.first %}
        union all
    {% endif %}
    select tenant_id, '{{ source_table }}' as source_table, {{ key }} as source_id, file_id, line, change_no
    from {{ in_file(relation) }}
{% endfor %}
