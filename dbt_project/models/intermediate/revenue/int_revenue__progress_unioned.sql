{{ union_sources("stg_app__progress", "stg_csv__progress", ["tenant_id", "obligation_id", "measured_on"]) }}
