-- A balance is everything posted to its account up to the end of its month.
with
    periods as (select tenant_id, entity_id, period, account, purpose, currency from {{ in_file("trial_balance") }}),

    parts as (
        select
            p.* exclude (period),  -- noqa: RF02
            b.period,
            case when p.period < b.period then p.amount end as opening,
            case when p.period = b.period and p.is_debit then p.amount end as debited,
            case when p.period = b.period and not p.is_debit then - p.amount end as credited
        from periods as b
        inner join {{ in_file("ledger_parts") }} as p using (tenant_id, entity_id, account, purpose, currency)
        where p.period <= b.period
    )

    {{
        parts_by_column(
            "parts",
            ["entity_id", "period", "account", "currency", "purpose"],
            [
                ("opening", "", "p.opening"),
                ("debit", "", "p.debited"),
                ("credit", "", "p.credited"),
                ("closing", "", "p.amount"),
            ],
        )
    }}
