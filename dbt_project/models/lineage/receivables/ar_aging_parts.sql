-- Each open document at each snapshot by the rows that made and reduced it.
{{ aging_rows("ar_aging", "receivable_rows", "int_receivables__invoice_parts", "invoice_id", "customer_id") }}
