{{
    union_sources(
        "stg_app__contract_modifications", "stg_csv__contract_modifications", ["tenant_id", "modification_id"]
    )
}}
