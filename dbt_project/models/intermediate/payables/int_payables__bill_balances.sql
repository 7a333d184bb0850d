-- Each bill's balance at the month snapshots where it is not 0.
{{ balances_at_snapshots("int_payables__events_posted", ["bill_id", "vendor_id", "currency"], "bill_id is not null") }}
