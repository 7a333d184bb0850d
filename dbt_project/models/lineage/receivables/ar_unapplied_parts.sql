-- What is on account at each snapshot by the rows that put it there and took it away.
{{ unapplied_rows("ar_unapplied", "receivable_rows", "invoice_id", "customer_id") }}
