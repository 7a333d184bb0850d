"""The cases of the metric definitions, and how often each occurs in a built file.

`python -m tests.warehouse.cases` builds the random companies, prints the table and writes it into docs/decisions.
"""

import sys
import tempfile
from pathlib import Path

import duckdb

from tests.warehouse.world import ROOT

PAGE = ROOT / "docs" / "decisions" / "0130-what-the-generated-companies-contain.md"
COMPANIES = 500

OPENING = """\
# 0130 What the generated companies contain

**What.** The warehouse's identities are tested over companies that `tests/warehouse/companies.py` makes from a number:
60 in every run, {companies} in a long one, all as tenants of one build. Each of the {number} cases of the metric
definitions below occurs in both, and a test fails where one no longer does. `tests/warehouse/cases.py` says how each
is counted: rows, months or documents. `python -m tests.warehouse.cases` makes this page again.

Over these companies hold, with tolerance 0: the build's own blocking checks, `tests/warehouse/identities.py` on
every month-end and on days at random, and every plain computation with which the tests of `tests/warehouse` compare.

**Example.** Company t000 is always the same: its documents are drawn from `random.Random(0)`.

Elsewhere, because they need the core or several builds: closed months, which late documents do not change
(`test_closed_months.py`), the taxes of a line one by one (`test_tax_examples.py`), a person's word on a bank line
(`test_bank_reconciliation.py`), a missing rate, which stops the build (`test_refusals.py`).
"""

# Short names for what the counts ask again and again.
VIEWS = {
    "items": """from intermediate.int_mrr__items_dated inner join (select tenant_id, as_of from run.tenants)
        using (tenant_id) where set_aside_rule is null and started_on <= as_of and valid_to > started_on""",
    "priced": "from items where coalesce(product_kind, 'subscription') not in ('usage', 'one_time')",
    "moves": "from marts.mrr_movements",
    "customer_months": """select tenant_id, customer_id, month, count(*) filter (where closing_mrr > 0) as currencies,
        count(*) filter (where expansion_mrr > 0) as risen, count(*) filter (where contraction_mrr > 0) as fallen
        from marts.mrr_movements group by all""",
    "shown_rates": "from intermediate.int_fx__rates where numerator is not null",
    "invoices": "from intermediate.int_receivables__invoices_totalled",
    "allocations": "from intermediate.int_receivables__allocations_judged",
    "notes": "from intermediate.int_receivables__credits_judged where set_aside_rule is null",
    "refunds": "from intermediate.int_receivables__refunds_judged where set_aside_rule is null",
    "aside": "from ops.set_aside_rows",
    "units": "from intermediate.int_revenue__units",
    "lines": "from intermediate.int_receivables__invoice_lines_valued where set_aside_rule is null",
    "earned": "from marts.revenue_recognition",
    "changes": "from marts.contract_modification_outcomes",
    "journals": "from marts.journal_entries",
    "postings": "from intermediate.int_tax__postings",
    "bank": "from marts.bank_reconciliation",
}


def _bucket(table: str, name: str) -> str:
    return f"{table} where bucket = '{name}'"


def _aside(rule: str, data_set: str = "%") -> str:
    return f"aside where rule = '{rule}' and data_set like '{data_set}'"


_LATE = "marts.ar_aging where days_past_due = {}"
_CREDITED = "notes as n inner join invoices as i on n.tenant_id = i.tenant_id and n.open_invoice_id = i.invoice_id"
_PAID_BEFORE_VOID = """(select distinct i.tenant_id, i.invoice_id from invoices as i inner join allocations as a
    on a.tenant_id = i.tenant_id and a.invoice_id = i.invoice_id and a.set_aside_rule is null
    and a.effective_on < i.voided_on)"""

CASES = {
    "Money": {
        **{f"invoice in {c}": f"invoices where currency = '{c}'" for c in ("USD", "EUR", "GBP")},
        "invoice in JPY, of no decimals": "invoices where currency = 'JPY'",
        "payment or bill in KWD, of three decimals": """(select 1 from intermediate.int_receivables__payments_unioned
            where currency = 'KWD' union all select 1 from intermediate.int_payables__bills_unioned
            where currency = 'KWD')""",
        "amount of more decimals than its currency, set aside": _aside("more_decimals_than_currency"),
        "rate as stored": "shown_rates where method = 'direct'",
        "inverse of a rate": "shown_rates where method = 'inverse'",
        "cross over a common base": "shown_rates where method = 'cross'",
        "rate of an earlier day": "shown_rates where quoted_on < rate_on",
        "reporting currency that is not the dollar": "run.tenants where reporting_currency <> 'USD'",
    },
    "MRR of an item": {
        **{
            f"interval {name}": f"priced where billing_interval = '{name}'"
            for name in ("day", "week", "month", "quarter", "year")
        },
        "interval_count above 1": "priced where interval_count > 1",
        "quantity above 1": "priced where quantity > 1",
        "quantity in parts": "priced where quantity <> trunc(quantity)",
        "MRR of four decimals": "moves where closing_mrr * 100 <> trunc(closing_mrr * 100)",
        "discount without an end": "priced where discount_percent > 0 and discount_ends_on is null",
        "discount that ends at a month's first day": """priced where discount_percent > 0
            and day(discount_ends_on) = 1 and discount_ends_on > started_on and discount_ends_on < valid_to""",
        "discount that ends in the middle of a month": """priced where discount_percent > 0
            and day(discount_ends_on) > 1 and discount_ends_on > started_on and discount_ends_on < valid_to""",
        "discount of everything": "priced where discount_percent = 100",
        "list MRR above net MRR": "marts.revenue_metrics where list_mrr > mrr",
        "trial, apart": "marts.revenue_metrics where trial_mrr > 0",
        "trial that becomes a subscription": """priced where trial_ends_on > started_on
            and trial_ends_on < least(valid_to, as_of)""",
        "one-time product, left out": "items where product_kind = 'one_time'",
        "usage with a minimum commitment": "items where product_kind = 'usage' and minimum_commitment > 0",
        "usage without one": "items where product_kind = 'usage' and minimum_commitment is null",
        "usage with a discount, which does not count": "items where product_kind = 'usage' and discount_percent > 0",
        "usage that was invoiced, apart": "marts.revenue_metrics where usage_run_rate > 0",
        "at risk: named by an overdue invoice": "marts.revenue_metrics where at_risk_mrr > 0",
        "committed: signed, not started": """priced
            where signed_on < started_on and last_day(signed_on) < started_on""",
        "committed: cancelled, not ended": """priced where cancel_requested_on >= started_on
            and last_day(cancel_requested_on) < valid_to""",
        "committed MRR that is not the headline": "marts.revenue_metrics where committed_mrr <> mrr",
        "pause with an end": "priced where paused_until < least(valid_to, as_of)",
        "pause without one": "priced where paused_from < valid_to and paused_until is null",
        "not signed: not committed before it starts": "priced where signed_on is null",
        "no end": "items where ended_on is null",
        "ends on the as-of date": "items where ended_on = as_of",
        "starts on a month's last day": "items where started_on = last_day(started_on)",
        "row that ends where the next one starts": "items where ended_on is null and valid_to < date '9000-01-01'",
        "rows that overlap, set aside": _aside("overlapping_periods"),
        "month that is not over": "marts.revenue_metrics where is_partial",
        "month that ends on the as-of date": """marts.revenue_metrics inner join run.tenants as t using (tenant_id)
            where month = date_trunc('month', t.as_of) and not is_partial""",
    },
    "Movements": {
        "new": "moves where new_mrr > 0",
        "reactivation": "moves where reactivation_mrr > 0",
        "expansion": "moves where expansion_mrr > 0",
        "contraction": "moves where contraction_mrr > 0",
        "churn": "moves where churned_mrr > 0",
        "nothing moved": "moves where movement is null",
        "churn, voluntary": "moves where movement = 'churn' and reason = 'voluntary'",
        "churn, involuntary": "moves where movement = 'churn' and reason = 'involuntary'",
        "churn by a pause": "moves where movement = 'churn' and reason = 'pause'",
        "reactivation after a pause": "moves where movement = 'reactivation' and reason = 'pause'",
        "churn with its cancellation beside it": "moves where movement = 'churn' and cancel_requested_on is not null",
        "customer of two currencies": "customer_months where currencies > 1",
        "one currency rises while another falls": "customer_months where risen > 0 and fallen > 0",
        "one of two subscriptions ends: contraction": """moves as m semi join items as i
            on m.tenant_id = i.tenant_id and m.customer_id = i.customer_id and m.currency = i.currency
            and m.month = date_trunc('month', i.valid_to) and i.valid_to <= i.as_of and m.contraction_mrr > 0""",
        "plan swap: one row ends where another of the item starts": """items as a inner join items as b
            using (tenant_id, subscription_id, item_id) where a.valid_to = b.started_on
            and (a.product_id, a.unit_amount) is distinct from (b.product_id, b.unit_amount)""",
        "exchange difference that is no movement": "moves where fx_mrr_reporting <> 0",
        "MRR between two snapshots, in the events alone": """marts.mrr_events as e anti join moves as m
            on e.tenant_id = m.tenant_id and e.customer_id = m.customer_id
            and m.month = date_trunc('month', e.day) and m.movement is not null""",
    },
    "Rates and cohorts": {
        "NRR and GRR over 12 months": "marts.revenue_metrics where nrr_12m is not null and grr_12m is not null",
        "NRR above one": "marts.revenue_metrics where nrr_12m > 1",
        "monthly NRR": "marts.revenue_metrics where nrr_monthly is not null",
        "logo churn above 0": "marts.revenue_metrics where logo_churn_rate > 0",
        "gross MRR churn above 0": "marts.revenue_metrics where gross_mrr_churn_rate > 0",
        "quick ratio": "marts.revenue_metrics where quick_ratio is not null",
        "ratio without a denominator": "marts.revenue_metrics where quick_ratio is null and logo_churn_rate is null",
        "ARPA": "marts.revenue_metrics where arpa is not null",
        "lifetime value, capped": "marts.revenue_metrics where is_formula_ltv_capped",
        "lifetime value, not capped": "marts.revenue_metrics where formula_ltv > 0 and not is_formula_ltv_capped",
        "margin of the products sold": """marts.revenue_metrics as r inner join run.tenants as t using (tenant_id)
            where abs(r.gross_margin - t.gross_margin) > 0.000001""",
        "margin of the tenant's setting": """marts.revenue_metrics as r inner join run.tenants as t using (tenant_id)
            where abs(r.gross_margin - t.gross_margin) <= 0.000001""",
        "growth by month and by year": "marts.revenue_metrics where mom_growth is not null and yoy_growth is not null",
        "cohort in its first month": "marts.cohort_analysis where period = 0",
        "cohort that lost customers": "marts.cohort_analysis where retained_customers < customers",
        "cohort that grew": "marts.cohort_analysis where net_retention > 1",
        "customer who returns to its cohort": """marts.cohort_analysis as a inner join marts.cohort_analysis as b
            on a.tenant_id = b.tenant_id and a.cohort_month = b.cohort_month and b.period = a.period + 1
            where b.retained_customers > a.retained_customers""",
    },
    "Receivables": {
        **{
            f"bucket {name}": _bucket("marts.ar_aging", name)
            for name in ("current", "1-30", "31-60", "61-90", "91-120", "120+")
        },
        **{
            f"{days} day{'s' * (days != 1)} past due": _LATE.format(days)
            for days in (1, 30, 31, 60, 61, 90, 91, 120, 121)
        },
        "due on the day": "marts.ar_aging where due_on = as_of",
        "draft, left out": "raw_csv.invoices where status = 'draft'",
        "invoice dated after the as-of date": """invoices inner join run.tenants as t using (tenant_id)
            where issued_on > t.as_of""",
        "paid by its own invoice_id": "allocations where data_set = 'payments' and set_aside_rule is null",
        "paid by allocations": "allocations where data_set = 'payment_allocations' and set_aside_rule is null",
        "allocated before the invoice or the money": """allocations where set_aside_rule is null
            and allocated_on < effective_on""",
        "payment that failed or is pending": """intermediate.int_receivables__payments_unioned
            where status <> 'succeeded'""",
        "allocation in another currency, set aside": _aside("allocation_in_another_currency"),
        "allocations beyond the payment, set aside": _aside("allocations_exceed_payment"),
        "money of one customer for an invoice of another": """allocations where set_aside_rule is null
            and payment_customer_id <> customer_id""",
        "unapplied money": "marts.ar_unapplied where unapplied < 0",
        "paid beyond the total: the excess is unapplied": "marts.accounts_receivable where unapplied < 0",
        "void after payment: unapplied from then on": _PAID_BEFORE_VOID,
        "void": "invoices where voided_on is not null",
        "instalments, each by its own due date": """(select tenant_id, invoice_id, as_of from marts.ar_aging
            group by all having count(*) > 1)""",
        "instalment closed by what came before": """intermediate.int_receivables__instalments_judged as p
            inner join marts.accounts_receivable as a using (tenant_id, invoice_id)
            where p.set_aside_rule is null and p.is_first and a.outstanding > 0 and a.outstanding < a.amount""",
        "instalments that do not sum, set aside": _aside("instalments_do_not_sum_to_total"),
        "credit note on an invoice": "notes where open_invoice_id is not null",
        "credit note applied later": "notes where applied_on > issued_on and open_invoice_id is not null",
        "credit note without an invoice": "notes where invoice_id is null",
        "credit note beyond what is open: the excess is unapplied": """marts.accounts_receivable
            where credited > 0 and unapplied < 0""",
        "credit note in another currency": _aside("credit_note_in_another_currency"),
        "refund that names its invoice": "refunds where kind = 'refund' and open_invoice_id is not null",
        "charge-back that names its invoice": "refunds where kind = 'chargeback' and open_invoice_id is not null",
        "refund that takes unallocated money first": """intermediate.int_receivables__refunds_placed
            where kind = 'refund' and invoice_id is null""",
        "refund or charge-back that opens the latest allocations": """intermediate.int_receivables__refunds_placed as p
            inner join refunds as r using (tenant_id, refund_id)
            where p.invoice_id is not null and r.open_invoice_id is null""",
        "two refunds of one payment": "(select tenant_id, payment_id from refunds group by all having count(*) > 1)",
        "write-off": "intermediate.int_receivables__write_offs_judged where set_aside_rule is null",
        "DSO by counting back": "marts.ar_aging_summary where dso_countback > 0",
        "DSO over several months": "marts.ar_aging_summary where dso_countback > 62",
        "DSO simple, without sales null": "marts.ar_aging_summary where dso_simple is null",
        "receivables below 0": "marts.ar_aging_summary where total < 0",
        "allowance for bad debt": "marts.ar_aging_summary where allowance > 0",
    },
    "Payables": {
        **{
            f"bucket {name}": _bucket("marts.ap_aging", name)
            for name in ("current", "1-30", "31-60", "61-90", "91-120", "120+")
        },
        "bill with tax": "marts.accounts_payable where tax > 0",
        "bill below 0": "marts.accounts_payable where amount < 0",
        "bill paid in part": "marts.accounts_payable where paid > 0 and outstanding > 0",
        "bill paid before it came, or beyond it": "marts.ap_unapplied where unapplied < 0",
        "payment of no bill": _aside("unresolved_reference", "bill_payments"),
        "expense": "marts.journal_entries where kind = 'expense' and purpose = 'cash'",
    },
    "Revenue": {
        "line over time": "lines where service_ends_on >= service_starts_on",
        "line without service dates": "lines where service_starts_on is null and service_ends_on is null",
        "line with one of them": "lines where (service_starts_on is null) <> (service_ends_on is null)",
        "service before the invoice: contract asset": "earned where contract_asset_closing > 0",
        "deferred revenue": "earned where deferred_closing > 0",
        "obligation over time": "units where recognition = 'over_time'",
        "obligation at a point in time": "units where recognition = 'point_in_time'",
        "obligation at a point in time, not transferred": """units where recognition = 'point_in_time'
            and transferred_on is null""",
        "obligation by percentage of completion": "units where recognition = 'percent_complete'",
        "progress to 100 %": """intermediate.int_revenue__progress_judged where set_aside_rule is null
            and percent_complete = 100""",
        "progress that goes back, set aside": _aside("progress_goes_back"),
        "price over several obligations": """(select tenant_id, contract_id from
            intermediate.int_revenue__obligations_priced group by all having count(*) > 1)""",
        "obligation without a stand-alone price beside one with": """intermediate.int_revenue__obligations_priced
            where weight = 0""",
        "line that bills an obligation": "intermediate.int_revenue__lines_apart where unit_kind = 'obligation'",
        "line that bills a change": "intermediate.int_revenue__lines_apart where unit_kind <> 'obligation'",
        "line of a contract in another currency": _aside("contract_in_another_currency"),
        "credit note over the lines of its invoice": "intermediate.int_revenue__credits where is_on_lines",
        "credit note that touches no line": "intermediate.int_revenue__credits where not is_on_lines",
        "credit note in the middle of the service": f"""{_CREDITED} inner join lines as l
            on l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id
            where n.issued_on > l.service_starts_on and n.issued_on < l.service_ends_on""",
        "void in the middle of the service": """invoices as i inner join lines as l using (tenant_id, invoice_id)
            where i.voided_on > l.service_starts_on and i.voided_on < l.service_ends_on""",
        "service that goes on after the as-of month": """lines as l inner join run.tenants as t using (tenant_id)
            where l.service_ends_on > last_day(t.as_of)""",
        "revenue that is taken back": "earned where recognized < 0",
        "change priced at SSP: a separate contract": "changes where treatment = 'separate_contract'",
        "change of what is distinct: prospective": "changes where treatment = 'prospective'",
        "change of what is not distinct: catch-up": "changes where treatment = 'cumulative_catch_up'",
        "mixed change": "changes where treatment = 'mixed'",
        "change that lowers the price": "changes where price_change < 0",
        "change with a new end": """changes inner join raw_csv.contract_modifications as m
            using (tenant_id, modification_id) where m.new_ends_on is not null""",
        "change over all unfinished obligations": """changes inner join raw_csv.contract_modifications as m
            using (tenant_id, modification_id) where m.obligation_id is null""",
        "change of an obligation by percentage of completion": """changes
            inner join raw_csv.contract_modifications as m using (tenant_id, modification_id)
            inner join units as u on u.tenant_id = m.tenant_id and u.source_id = m.obligation_id
            where u.recognition = 'percent_complete'""",
        "several changes of one contract": """(select tenant_id, contract_id from
            intermediate.int_revenue__modifications_applied where set_aside_rule is null group by all
            having count(*) > 1)""",
        "change before the signature, set aside": _aside("changed_before_signature"),
        "price below 0, set aside": _aside("price_below_zero"),
        "remaining performance obligations": "marts.remaining_performance_obligations where rpo > 0",
        "of which more than 12 months away": "marts.remaining_performance_obligations where current_rpo < rpo",
        "contract that can be cancelled": """(select distinct tenant_id, contract_id from units
            where cancellable_from is not null)""",
        "contract signed after its start": "units where signed_on > starts_on",
    },
    "Ledger": {
        **{
            f"journal of kind {name.replace('_', ' ')}": f"""(select distinct tenant_id, source_id from journals
                where kind = '{name}')"""
            for name in (
                *("invoice", "payment", "credit_note", "credit_note_applied", "refund", "chargeback", "write_off"),
                *("invoice_void", "tax_point", "recognition", "bill", "bill_payment", "expense", "sales"),
            )
        },
        **{
            f"account: {name.replace('_', ' ')}": f"marts.trial_balance where purpose = '{name}' and closing <> 0"
            for name in (
                *("cash", "receivable", "contract_asset", "payable", "tax_payable", "tax_on_prepayments", "input_tax"),
                *("deferred_revenue", "revenue", "refunds_and_credits", "bad_debt", "expense"),
            )
        },
        "tenant of several entities": """(select tenant_id from raw_csv.entities group by all having count(*) > 1)""",
        "entity of an entity": "raw_csv.entities where parent_entity_id is not null",
        "document in another entity than the root": "journals where entity_id not in ('root', 'default')",
        "invoice that stands in its contract's entity": """invoices as i inner join
            intermediate.int_ledger__invoice_entities as e using (tenant_id, invoice_id)
            where i.entity_id is null and e.entity_id not in ('root', 'default')""",
        "payment that stands in its invoice's entity": """journals where kind = 'payment' and purpose = 'cash'
            and entity_id not in ('root', 'default')""",
    },
    "Tax": {
        **{
            f"kind {name}": f"postings where entry = 'charge' and kind = '{name}'"
            for name in ("VAT", "GST", "HST", "GST+PST", "GST+QST", "US_SALES")
        },
        "standard or reduced rate": "marts.tax_summary where taxable <> 0",
        "exempt": "marts.tax_summary where exempt <> 0",
        "zero-rated": "marts.tax_summary where zero_rated <> 0",
        "reverse charge": "marts.tax_summary where reverse_charge <> 0",
        "tax_amount stated": "raw_csv.invoice_lines where tax_amount is not null",
        "tax_amount missing: net × tax_rate": "raw_csv.invoice_lines where tax_amount is null and tax_rate > 0",
        "tax point at a payment before the invoice": """(select distinct tenant_id, source_id from journals
            where kind = 'tax_point')""",
        "invoice of several tax points": """(select tenant_id, invoice_id from intermediate.int_tax__tax_points
            group by all having count(*) > 1)""",
        "tax credited by a credit note": "postings where entry = 'credit_note' and amount_minor <> 0",
        "tax on a credit note without an invoice": """intermediate.int_revenue__credits
            where invoice_id is null and tax_minor <> 0""",
        "tax credited by a void": "postings where entry = 'void' and amount_minor <> 0",
        "where it ships to, not where the customer is": """invoices as i
            inner join raw_csv.customers as c using (tenant_id, customer_id)
            where upper(i.ship_to_country) <> upper(c.country)""",
        "place that nobody knows": "postings where jurisdiction = 'unknown'",
        "dated rate with an end": "intermediate.int_tax__rates_unioned where valid_until is not null",
        "line that its dated rate does not give": "marts.tax_differences",
        "filing open": "marts.tax_summary where filing_status = 'open'",
        "filing filed": "marts.tax_summary where filing_status = 'filed'",
        "filing paid": "marts.tax_summary where filing_status = 'paid'",
        "input tax": "marts.input_tax where input_tax <> 0",
    },
    "Bridge and definitions": {
        **{
            f"bridge: {name.replace('_', ' ')}": f"marts.revenue_bridge where {name} <> 0"
            for name in (
                *("not_billed", "beyond_mrr", "proration", "currency_rounding", "billing_timing", "usage", "one_off"),
                *("contracts", "tax", "other_customers", "credits", "deferral", "earned_before_bill"),
            )
        },
        **{
            f"{tool} differs: {reason.replace('_', ' ')}": f"""marts.metric_definition_differences
                where definition = '{tool}' and reason = '{reason}'"""
            for tool, reason in (
                *(("stripe", r) for r in ("usage", "cancel_requested", "finite_discount", "pause")),
                ("stripe", "new_customers_in_denominator"),
                *(("chartmogul", r) for r in ("usage", "fx_rate", "reactivation_netted")),
                ("baremetrics", "past_due"),
                *(("naive_invoices", r) for r in ("mrr_of_the_month", "month_invoiced", "several_months_invoiced")),
                *(("naive_invoices", r) for r in ("part_of_a_month_invoiced", "usage_invoiced", "one_off_invoiced")),
                *(("naive_invoices", r) for r in ("no_subscription_named", "invoices_instead_of_mrr")),
            )
        },
    },
    "Bank": {
        "line that is one payment": "bank where status = 'matched' and document_kind = 'payment'",
        "line that is a refund": "bank where status in ('matched', 'proposed') and document_kind = 'refund'",
        "proposed, not certain": "bank where status = 'proposed'",
        "line of several payments": """(select tenant_id, bank_line_id from bank where amount_matched <> 0
            group by all having count(*) > 1)""",
        "payment of several lines": """(select tenant_id, document_kind, document_id from bank
            where amount_matched <> 0 group by all having count(*) > 1)""",
        "line of nobody": "bank where status = 'unmatched' and document_id is null",
        "payment of no line": "bank where status = 'unmatched' and bank_line_id is null and document_kind = 'payment'",
        "line that its currency cannot hold, set aside": _aside("more_decimals_than_currency", "bank_statement"),
    },
    "Pipeline and retail": {
        **{f"deal {name}": f"marts.deals where outcome = '{name}'" for name in ("won", "lost", "open")},
        "deal without an amount": "marts.deals where amount is null",
        "win rate": "marts.pipeline_health where win_rate is not null",
        "velocity": "marts.pipeline_health where velocity is not null",
        "return": "marts.retail_daily where returns > 0",
        "order of several lines": "marts.retail_daily where line_count > orders and orders > 0",
        "repeat customer": "marts.retail_daily where repeat_customers > 0",
        "margin where all costs are known": "marts.retail_daily where margin is not null",
        "segment by recency, frequency and money": "marts.customer_segments where rfm_segment is not null",
    },
}


def count_cases(file: Path) -> dict[str, dict[str, int]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        for name, query in VIEWS.items():
            connection.execute(f"create temp view {name} as {query if 'select' in query[:6] else 'select * ' + query}")
        return {
            section: {case: _count(connection, what) for case, what in cases.items()}
            for section, cases in CASES.items()
        }


def _count(connection: duckdb.DuckDBPyConnection, what: str) -> int:
    row = connection.execute(f"select count(*) from {what}").fetchone()
    return int(row[0]) if row else 0


def table_of(counts: dict[str, dict[str, int]], few: dict[str, dict[str, int]]) -> str:
    """Both counts of each case as a Markdown table per section."""
    lines = []
    for section, cases in counts.items():
        lines += ["", f"## {section}", "", "| case | of 500 | of 60 |", "|---|---:|---:|"]
        lines += [f"| {case} | {count:,} | {few[section][case]:,} |" for case, count in cases.items()]
    return "\n".join(lines)


def page(counts: dict[str, dict[str, int]], few: dict[str, dict[str, int]]) -> str:
    number = sum(map(len, counts.values()))
    return OPENING.format(companies=COMPANIES, number=number) + table_of(counts, few) + "\n"


def main() -> int:
    from tests.warehouse.conftest import COMPANIES as FEW
    from tests.warehouse.conftest import build_companies

    with tempfile.TemporaryDirectory() as folder:
        counted = []
        for count in (COMPANIES, FEW):
            built = build_companies(Path(folder) / str(count), count)
            if built.result.code:
                print(built.result.log, file=sys.stderr)
                return 1
            counted.append(count_cases(built.world.file))
    counts, few = counted
    print(table_of(counts, few))
    PAGE.write_text(page(counts, few), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
