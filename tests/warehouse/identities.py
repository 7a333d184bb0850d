"""The identities of the money marts, asked of the published tables alone and not of what they were made from.

Each is a query with the two sides of its cells, which are equal to the last digit.
"""

from datetime import date


def _sums(left: str, right: str, keys: str = "tenant_id, currency, month") -> str:
    """Two queries that give `keys` and `amount`, each summed over the keys; a cell that one lacks is 0 in it."""
    return f"""select {keys}, coalesce(l.amount, 0) as left_side, coalesce(r.amount, 0) as right_side
    from (select {keys}, sum(amount) as amount from ({left}) group by all) as l
    full join (select {keys}, sum(amount) as amount from ({right}) group by all) as r using ({keys})"""


def _previous(table: str, keys: str, opening: str, closing: str) -> str:
    """What a month opens with, and what the month before closed with."""
    return f"""select a.{opening} as left_side, coalesce(b.{closing}, 0) as right_side
    from marts.{table} as a
    left join (select * replace ((month + interval 1 month)::date as month) from marts.{table}) as b
    using (tenant_id, {keys}, month)"""


def _moved(suffix: str) -> str:
    kinds = [f"opening_mrr{suffix}", *(f"{k}_mrr{suffix}" for k in ("new", "reactivation", "expansion"))]
    fx = f" + fx_mrr{suffix}" if suffix else ""
    return f"{' + '.join(kinds)} - contraction_mrr{suffix} - churned_mrr{suffix}{fx}"


MONTH_OF = "date_trunc('month', as_of)::date as month"
ACCOUNT = "select tenant_id, currency, period as month, {sign}closing as amount from marts.trial_balance where {where}"
AR_PARTS = f"""select tenant_id, currency, {MONTH_OF}, outstanding as amount from marts.ar_aging
union all select tenant_id, currency, {MONTH_OF}, unapplied from marts.ar_unapplied"""
AP_PARTS = AR_PARTS.replace(".ar_", ".ap_")
MRR_FIGURES = ("opening", "new", "reactivation", "expansion", "contraction", "churned", "fx")
BUCKETS = '"current" + d1_30 + d31_60 + d61_90 + d91_120 + d120_plus + unapplied'

IDENTITIES = {
    "opening and movements are closing, per customer, month and currency": f"""
        select {_moved("")} as left_side, closing_mrr as right_side from marts.mrr_movements""",
    "the same in the reporting currency, with fx": f"""
        select {_moved("_reporting")} as left_side, closing_mrr_reporting as right_side from marts.mrr_movements""",
    "opening MRR is the closing of the month before": _previous(
        "mrr_movements", "customer_id, currency", "opening_mrr", "closing_mrr"
    ),
    "opening MRR in the reporting currency is the closing of the month before": _previous(
        "mrr_movements", "customer_id, currency", "opening_mrr_reporting", "closing_mrr_reporting"
    ),
    "events of a month are its movements": _sums(
        """select tenant_id, customer_id, currency, date_trunc('month', day)::date as month, delta_mrr as amount
        from marts.mrr_events""",
        "select tenant_id, customer_id, currency, month, closing_mrr - opening_mrr as amount from marts.mrr_movements",
        "tenant_id, customer_id, currency, month",
    ),
    "mrr_after of the last event is the closing MRR": """
        select arg_max(e.mrr_after, e.day) as left_side, any_value(m.closing_mrr) as right_side
        from marts.mrr_movements as m inner join marts.mrr_events as e
        on e.tenant_id = m.tenant_id and e.customer_id = m.customer_id and e.currency = m.currency
        and e.day <= last_day(m.month) group by m.tenant_id, m.customer_id, m.currency, m.month""",
    "headline figures are the sums of the customers": _sums(
        " union all ".join(
            f"select tenant_id, month, '{name}' as figure, {name}_mrr_reporting as amount from marts.mrr_movements"
            for name in (*MRR_FIGURES, "closing")
        ),
        " union all ".join(
            f"select tenant_id, month, '{name}' as figure, {column} as amount from marts.revenue_metrics"
            for name, column in (*((n, f"{n}_mrr") for n in MRR_FIGURES), ("closing", "mrr"))
        ),
        "tenant_id, month, figure",
    ),
    "ARR is 12 × MRR": "select arr as left_side, 12 * mrr as right_side from marts.revenue_metrics",
    "customers open, come, return and go": """
        select opening_customers + new_customers + reactivated_customers - churned_customers as left_side,
        customers as right_side from marts.revenue_metrics""",
    "cohorts of a month are its MRR": _sums(
        "select tenant_id, (cohort_month + to_months(period))::date as month, mrr as amount from marts.cohort_analysis",
        "select tenant_id, month, mrr as amount from marts.revenue_metrics",
        "tenant_id, month",
    ),
    "cohorts of a month are its customers": _sums(
        """select tenant_id, (cohort_month + to_months(period))::date as month, retained_customers as amount
        from marts.cohort_analysis""",
        "select tenant_id, month, customers as amount from marts.revenue_metrics",
        "tenant_id, month",
    ),
    "buckets and unapplied are the receivable account": _sums(
        AR_PARTS, ACCOUNT.format(sign="", where="purpose = 'receivable'")
    ),
    "buckets and unapplied are the summary of receivables": f"""
        select {BUCKETS} as left_side, total as right_side from marts.ar_aging_summary""",
    "buckets and unapplied are the payable account": _sums(
        AP_PARTS, ACCOUNT.format(sign="-", where="purpose = 'payable'")
    ),
    "buckets and unapplied are the summary of payables": f"""
        select {BUCKETS} as left_side, total as right_side from marts.ap_aging_summary""",
    "an invoice's amount less what was taken off is open": """
        select amount - allocated - credited - written_off + refunded - voided as left_side,
        outstanding + unapplied as right_side from marts.accounts_receivable""",
    "statements close with receivables": _sums(
        "select tenant_id, currency, month, closing as amount from marts.customer_statements", AR_PARTS
    ),
    "statements add up": """
        select opening + invoices + voids + payments + credits + refunds + write_offs + transfers as left_side,
        closing as right_side from marts.customer_statements""",
    "deferred revenue rolls forward": """
        select opening + billed - recognized + modified - credited + fx as left_side, closing as right_side
        from marts.deferred_revenue_rollforward""",
    "deferred revenue opens with the closing of the month before": _previous(
        "deferred_revenue_rollforward", "currency", "opening", "closing"
    ),
    "recognised and deferred less contract assets is billed, at every month-end": """
        select sum(revenue) over past + closing - contract_asset_closing as left_side,
        sum(billed - credited) over past as right_side from marts.deferred_revenue_rollforward
        window past as (partition by tenant_id, currency order by month)""",
    "deferred revenue is its account": _sums(
        "select tenant_id, currency, month, closing as amount from marts.deferred_revenue_rollforward",
        ACCOUNT.format(sign="-", where="purpose = 'deferred_revenue'"),
    ),
    "contract assets are their account": _sums(
        "select tenant_id, currency, month, contract_asset_closing as amount from marts.deferred_revenue_rollforward",
        ACCOUNT.format(sign="", where="purpose = 'contract_asset'"),
    ),
    "revenue is its accounts, without the shop and what reverses no line": _sums(
        "select tenant_id, currency, month, recognized as amount from marts.revenue_recognition",
        """select tenant_id, currency, period as month, credit - debit as amount from marts.journal_entries
        where purpose = 'revenue' and kind <> 'sales'""",
    ),
    "recognised and remaining is the value of contracts that nobody may cancel": """
        with contracts as (
            select tenant_id, contract_id, currency, cancellable_from,
            (total_minor * millionths_per_minor)::decimal(30, 0) * 0.000001 as value
            from intermediate.int_revenue__contracts_judged
            semi join intermediate.int_revenue__obligations_priced using (tenant_id, contract_id)
        ),
        firm as (
            select tenant_id, currency from contracts group by all having count(cancellable_from) = 0
        ),
        earned as (
            select tenant_id, currency, sum(recognized) as amount from marts.revenue_recognition
            where source_kind <> 'invoice_line' group by all
        ),
        remaining as (
            select r.tenant_id, r.currency, r.rpo as amount from marts.remaining_performance_obligations as r
            inner join run.tenants as t on r.tenant_id = t.tenant_id and r.as_of = t.as_of
        ),
        worth as (
            select tenant_id, currency, sum(amount)::decimal(28, 4) as amount from (
                select tenant_id, currency, value as amount from contracts union all
                select tenant_id, currency, price_change from marts.contract_modification_outcomes
            ) group by all
        )
        select coalesce(e.amount, 0) + coalesce(r.amount, 0) as left_side, w.amount as right_side
        from firm inner join worth as w using (tenant_id, currency)
        left join earned as e using (tenant_id, currency) left join remaining as r using (tenant_id, currency)""",
    "tax due is the movement of tax payable": _sums(
        "select tenant_id, currency, period as month, net_due as amount from marts.tax_summary",
        """select tenant_id, currency, period as month, credit - debit as amount from marts.journal_entries
        where purpose = 'tax_payable'""",
    ),
    "input tax is the movement of its account": _sums(
        "select tenant_id, currency, month, input_tax as amount from marts.input_tax",
        """select tenant_id, currency, period as month, debit - credit as amount from marts.journal_entries
        where purpose = 'input_tax'""",
    ),
    "journals balance, per entity and currency": """
        select sum(debit) as left_side, sum(credit) as right_side from marts.journal_entries
        group by tenant_id, entity_id, currency, kind, source_id""",
    "the trial balance sums to 0": """
        select sum(closing) as left_side, 0 as right_side from marts.trial_balance
        group by tenant_id, entity_id, currency, period""",
    "accounts open with the closing of the month before": """
        select a.opening as left_side, coalesce(b.closing, 0) as right_side from marts.trial_balance as a
        left join (select * replace ((period + interval 1 month)::date as period) from marts.trial_balance) as b
        using (tenant_id, entity_id, account, currency, period)""",
    "accounts close with opening and movement": """
        select opening + debit - credit as left_side, closing as right_side from marts.trial_balance""",
    "balance sheets balance": """
        select coalesce(sum(amount) filter (where kind = 'asset'), 0) as left_side,
        coalesce(sum(amount) filter (where kind <> 'asset'), 0) as right_side
        from marts.balance_sheet group by tenant_id, entity_id, currency, period""",
    "profit is what equity grows by": _sums(
        """select tenant_id, currency, period as month, case kind when 'income' then amount else -amount end as amount
        from marts.profit_and_loss""",
        """with equity as (
            select tenant_id, currency, period, sum(amount) as total from marts.balance_sheet
            where kind = 'equity' group by all
        )
        select tenant_id, currency, period as month, total as amount from equity union all
        select e.tenant_id, e.currency, (e.period + interval 1 month)::date, -e.total from equity as e
        inner join run.tenants as t using (tenant_id) where e.period < date_trunc('month', t.as_of)""",
    ),
    "cash flows are the movement of cash": _sums(
        "select tenant_id, currency, period as month, amount from marts.cash_flow",
        """select tenant_id, currency, period as month, debit - credit as amount from marts.trial_balance
        where purpose = 'cash'""",
    ),
    "MRR and its items are what was invoiced": """
        select mrr + not_billed + beyond_mrr + proration + currency_rounding + billing_timing + usage + one_off
        + contracts + tax + late_invoices as left_side, invoiced as right_side from marts.revenue_bridge""",
    "invoiced and its items are revenue": """
        select invoiced - tax + other_customers + credits + deferral + earned_before_bill + late_revenue as left_side,
        recognized as right_side from marts.revenue_bridge""",
    "the bridge ends in the ledger": """
        select recognized + residual as left_side, ledger_revenue as right_side from marts.revenue_bridge""",
    "differences of a definition sum to the difference": _sums(
        """select tenant_id, month, metric, definition, numerator_difference as amount
        from marts.metric_definition_differences""",
        """select tenant_id, month, metric, definition, numerator - our_numerator as amount
        from marts.metric_definitions_compared""",
        "tenant_id, month, metric, definition",
    ),
    "a statement line is what was matched of it and what is left": """
        select sum(amount_matched) + min(line_residual) as left_side, min(line_amount) as right_side
        from marts.bank_reconciliation where bank_line_id is not null group by tenant_id, bank_line_id""",
    "a document is what was matched of it and what is left": """
        select sum(amount_matched) + min(document_residual) as left_side, min(document_amount) as right_side
        from marts.bank_reconciliation where document_id is not null
        group by tenant_id, document_kind, document_id""",
    "takings of a shop's days are its lines": _sums(
        "select tenant_id, day, currency, revenue as amount from marts.retail_daily",
        """select s.tenant_id, sold_at::date as day, s.currency, quantity * unit_price as amount
        from raw_csv.sales as s inner join run.tenants as t using (tenant_id) where sold_at::date <= t.as_of""",
        "tenant_id, day, currency",
    ),
}


def on_a_day(day: date) -> dict[str, str]:
    """What holds on any day, asked of the macros that answer for it."""
    return {
        "recognised and deferred less contract assets is billed, line by line": f"""
            select recognized + deferred - contract_asset as left_side, billed as right_side
            from marts.revenue_as_of(date '{day}')""",
        "what was billed is the invoices that are not void, less what credit notes took off their lines": _sums(
            f"select tenant_id, currency, billed as amount from marts.revenue_as_of(date '{day}')",
            f"""with invoices as (
                select i.tenant_id, i.invoice_id, i.currency, i.net_minor, c.millionths_per_minor
                from intermediate.int_receivables__invoices_totalled as i
                inner join staging.stg_run__currencies as c using (currency)
                inner join run.tenants as t using (tenant_id)
                where i.issued_on <= least(date '{day}', t.as_of)
                and coalesce(i.voided_on > least(date '{day}', t.as_of), true)
            )
            select tenant_id, currency, (net_minor * millionths_per_minor)::decimal(30, 0) * 0.000001 as amount
            from invoices
            union all
            select i.tenant_id, i.currency, -(n.net_minor * i.millionths_per_minor)::decimal(30, 0) * 0.000001
            from intermediate.int_revenue__credits as n inner join invoices as i using (tenant_id, invoice_id)
            inner join run.tenants as t using (tenant_id)
            where i.net_minor > 0 and n.effective_on <= least(date '{day}', t.as_of)""",
            "tenant_id, currency",
        ),
        "statements of customers are the receivable account": _sums(
            f"""select tenant_id, currency, amount from marts.customer_statement_lines
            where posted_on <= date '{day}'""",
            f"""select tenant_id, currency, debit - credit as amount from marts.journal_entries
            where purpose = 'receivable' and posted_on <= date '{day}'""",
            "tenant_id, currency",
        ),
        "open invoices are never less than the receivable account: what is unapplied is below 0": f"""
            select least(coalesce(o.amount, 0) - a.amount, 0) as left_side, 0 as right_side
            from (select tenant_id, currency, sum(debit - credit) as amount from marts.journal_entries
                where purpose = 'receivable' and posted_on <= date '{day}' group by all) as a
            inner join run.tenants as t on a.tenant_id = t.tenant_id and t.as_of >= date '{day}'
            left join (select tenant_id, currency, sum(outstanding) as amount
                from marts.ar_aging_as_of(date '{day}') group by all) as o
                on a.tenant_id = o.tenant_id and a.currency = o.currency""",
        "open bills are never less than the payable account": f"""
            select least(coalesce(o.amount, 0) - a.amount, 0) as left_side, 0 as right_side
            from (select tenant_id, currency, sum(credit - debit) as amount from marts.journal_entries
                where purpose = 'payable' and posted_on <= date '{day}' group by all) as a
            inner join run.tenants as t on a.tenant_id = t.tenant_id and t.as_of >= date '{day}'
            left join (select tenant_id, currency, sum(outstanding) as amount
                from marts.ap_aging_as_of(date '{day}') group by all) as o
                on a.tenant_id = o.tenant_id and a.currency = o.currency""",
    }
