{{
    open_parts(
        "int_receivables__invoice_balances", "int_receivables__invoice_parts_posted", "invoice_id", "customer_id"
    )
}}
