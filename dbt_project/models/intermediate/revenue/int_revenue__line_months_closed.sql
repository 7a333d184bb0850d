{{
    closed_and_late(
        "int_revenue__line_months",
        "revenue_months",
        "month_index",
        [
            "source_kind",
            "source_id",
            "customer_id",
            "contract_id",
            "invoice_id",
            "product_id",
            "entity_id",
            "currency",
            "millionths_per_minor",
        ],
        ["billed_minor", "recognized_minor", "credited_minor", "modified_minor", "deferred_modified_minor"],
        stocks=["recognized_to_date_minor", "deferred_closing_minor", "contract_asset_closing_minor"],
        until="closed_month",
        first="first_open_month",
    )
}}
