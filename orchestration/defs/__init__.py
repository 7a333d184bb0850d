"""The assets, a module per stage: intake, raw, warehouse (dbt), forecast, publication."""
