with
    parts as (select *, kind as activity from {{ in_file("ledger_parts") }} where purpose = 'cash')

    {{ parts_by_column("parts", ["entity_id", "period", "activity", "currency"], [("amount", "", "p.amount")]) }}
