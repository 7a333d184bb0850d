select * exclude (journal_table, journal_id), journal_table as source_table, journal_id as source_id
from
    (
        {{
            parts_by_column(
                in_file("ledger_parts"),
                [
                    "entity_id",
                    "posted_on",
                    "kind",
                    "journal_table",
                    "journal_id",
                    "account",
                    "purpose",
                    "customer_id",
                    "currency",
                ],
                [
                    ("debit", "", "case when p.is_debit then p.amount end"),
                    ("credit", "", "case when not p.is_debit then - p.amount end"),
                ],
            )
        }}
    )
