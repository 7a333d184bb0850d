{{
    aging_totals(
        "int_receivables__events_posted", "int_receivables__aging_snapshots", "int_receivables__unapplied_snapshots"
    )
}}
