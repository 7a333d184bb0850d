-- Each open document at each snapshot by the rows that made and reduced it.
{{ aging_rows("ap_aging", "payable_rows", "int_payables__bill_parts", "bill_id", "vendor_id") }}
