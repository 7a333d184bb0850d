{{ aging_totals("int_payables__events_posted", "int_payables__aging_snapshots", "int_payables__unapplied_snapshots") }}
