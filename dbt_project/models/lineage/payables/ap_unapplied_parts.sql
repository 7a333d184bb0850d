-- What is on account at each snapshot by the rows that put it there and took it away.
{{ unapplied_rows("ap_unapplied", "payable_rows", "bill_id", "vendor_id") }}
