{{
    unapplied_at_snapshots(
        "int_receivables__events_posted", "int_receivables__invoice_balances", "invoice_id", "customer_id"
    )
}}
