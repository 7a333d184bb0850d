{% set pairs = [
    ("customers", ["customer_id"]),
    ("products", ["product_id"]),
    ("subscriptions", ["subscription_id", "item_id", "started_on"]),
    ("invoices", ["invoice_id"]),
    ("invoice_lines", ["line_id"]),
    ("payments", ["payment_id"]),
    ("payment_allocations", ["payment_id", "invoice_id", "allocated_on"]),
    ("refunds", ["refund_id"]),
    ("credit_notes", ["credit_note_id"]),
    ("write_offs", ["write_off_id"]),
    ("invoice_instalments", ["invoice_id"]),
    ("deals", ["deal_id"]),
    ("deal_stages", ["deal_id"]),
    ("sales", ["sale_id"]),
    ("expenses", ["expense_id"]),
    ("contracts", ["contract_id"]),
    ("obligations", ["obligation_id"]),
    ("contract_modifications", ["modification_id"]),
    ("progress", ["obligation_id", "measured_on"]),
    ("bills", ["bill_id"]),
    ("bill_payments", ["bill_payment_id"]),
    ("tax_rates", ["jurisdiction", "kind", "category", "valid_from"]),
] %}

{% for data_set, keys in pairs %}
    {% if not loop.first %}
        union all
    {% endif %}
    {{ rows_also_in_core("stg_app__" ~ data_set, "stg_csv__" ~ data_set, ["tenant_id"] + keys, data_set) }}
{% endfor %}
