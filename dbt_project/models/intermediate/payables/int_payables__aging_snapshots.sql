{{ open_parts("int_payables__bill_balances", "int_payables__bill_parts_posted", "bill_id", "vendor_id") }}
