-- The journals of what each month earned.
{{ config(materialized="view") }}

{{
    journal(
        ref("int_ledger__recognition"),
        "recognition",
        "revenue_recognition",
        "source_id",
        "posted_on",
        [
            ("deferred_revenue", "taken_minor"),
            ("contract_asset", "asset_change_minor"),
            ("revenue", "- recognized_minor"),
        ],
        detail="product_id",
    )
}}
