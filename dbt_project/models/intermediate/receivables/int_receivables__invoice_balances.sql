-- Each invoice's balance at the month snapshots where it is not 0.
{{
    balances_at_snapshots(
        "int_receivables__events_posted", ["invoice_id", "customer_id", "currency"], "invoice_id is not null"
    )
}}
