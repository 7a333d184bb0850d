{{
    union_sources(
        "stg_app__subscriptions", "stg_csv__subscriptions", ["tenant_id", "subscription_id", "item_id", "started_on"]
    )
}}
