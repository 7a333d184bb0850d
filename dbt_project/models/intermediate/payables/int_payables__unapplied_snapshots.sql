{{ unapplied_at_snapshots("int_payables__events_posted", "int_payables__bill_balances", "bill_id", "vendor_id") }}
