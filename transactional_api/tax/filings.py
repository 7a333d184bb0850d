"""What is declared to an authority: a filing per jurisdiction and period, open -> filed -> paid."""

from dataclasses import asdict, dataclass
from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent, split_minor
from transactional_api.kit.rows import add
from transactional_api.tax import repository, rules
from transactional_api.tax.errors import (
    FiledTooEarly,
    FilingInSeveralCurrencies,
    FilingNotFound,
    FilingNotSplit,
    FilingOverlaps,
    WrongFilingState,
)
from transactional_api.tax.tables import TaxFiling

OPEN, FILED, PAID = "open", "filed", "paid"
SHARED = ("CA", "US")
"""Countries where several authorities tax one sale."""


@dataclass(frozen=True)
class Figures:
    """In minor units of the filing's currency, net of nothing: what was credited stands beside what was charged."""

    taxable_minor: int = 0
    exempt_minor: int = 0
    zero_rated_minor: int = 0
    reverse_charge_minor: int = 0
    tax_charged_minor: int = 0
    tax_credited_minor: int = 0


def open_filing(
    unit: UnitOfWork,
    *,
    jurisdiction: str,
    period_starts_on: date,
    period_ends_on: date,
    currency: str,
    figures: Figures | None = None,
    due_on: date | None = None,
    filing_id: str | None = None,
) -> TaxFiling:
    """Without figures they are those of the invoices that the core posted in the period."""
    exponent(currency)
    if period_ends_on < period_starts_on:
        raise ValueRefused("a period ends on or after the day it starts", "period_ends_on")
    if due_on is not None and due_on < period_ends_on:
        raise ValueRefused("a filing is due after its period", "due_on")
    unit.session.hold_tenant()  # two filings of one period could otherwise be opened at once
    other = repository.filing_in(unit.session, jurisdiction, period_starts_on, period_ends_on)
    if other is not None:
        raise FilingOverlaps(other.filing_id)
    if figures is None and jurisdiction == rules.OSS:
        raise ValueRefused("a filing of the scheme covers several states: give its figures", "figures")
    used = figures or derive(unit, jurisdiction, period_starts_on, period_ends_on, currency)
    for name, minor in asdict(used).items():
        if minor < 0 and name.startswith("tax_"):
            raise ValueRefused(
                "tax charged and tax credited are not negative", f"figures.{name.removesuffix('_minor')}"
            )
        checked_minor(minor, f"figures.{name.removesuffix('_minor')}")
    filing = TaxFiling(
        filing_id=id_or_new(filing_id, "fil", "filing_id"),
        jurisdiction=jurisdiction,
        period_starts_on=period_starts_on,
        period_ends_on=period_ends_on,
        currency=currency,
        **asdict(used),
        net_due_minor=used.tax_charged_minor - used.tax_credited_minor,
        is_derived=int(figures is None),
        due_on=due_on,
        status=OPEN,
    )
    add(unit.session, filing)
    return filing


def file(unit: UnitOfWork, filing_id: str, *, filed_on: date) -> TaxFiling:
    """It went to the authority: its figures no longer change."""
    filing = _locked(unit, filing_id)
    if filing.status != OPEN:
        raise WrongFilingState(filing_id, filing.status, FILED)
    if filed_on <= filing.period_ends_on:
        raise FiledTooEarly(f"the period ends on {filing.period_ends_on}, it cannot be filed on {filed_on}", "filed_on")
    filing.status, filing.filed_on = FILED, filed_on
    return filing


def pay(unit: UnitOfWork, filing_id: str, *, paid_on: date) -> TaxFiling:
    filing = _locked(unit, filing_id)
    if filing.status != FILED or filing.filed_on is None:
        raise WrongFilingState(filing_id, filing.status, PAID)
    if paid_on < filing.filed_on:
        raise FiledTooEarly(f"filed on {filing.filed_on}, it cannot be paid on {paid_on}", "paid_on")
    filing.status, filing.paid_on = PAID, paid_on
    return filing


def get_filing(unit: UnitOfWork, filing_id: str) -> TaxFiling:
    filing = repository.filing(unit.session, filing_id)
    if filing is None:
        raise FilingNotFound(filing_id)
    return filing


def derive(unit: UnitOfWork, jurisdiction: str, starts_on: date, ends_on: date, currency: str) -> Figures:
    """Lines by tax code on the day on which their invoice counts; of what was voided or credited, the tax on its own.

    Payments before the invoice are not in it. Raises FilingInSeveralCurrencies, FilingNotSplit.
    """
    if jurisdiction[:2] in SHARED:
        unsplit = repository.not_split(unit.session, jurisdiction, starts_on, ends_on)
        if unsplit is not None:
            raise FilingNotSplit(jurisdiction, unsplit)
    charged = repository.charged(unit.session, jurisdiction, starts_on, ends_on)
    voided = repository.voided(unit.session, jurisdiction, starts_on, ends_on)
    credited = _credited(unit, jurisdiction, starts_on, ends_on)
    if others := sorted({str(row[0]) for row in (*charged, *voided, *credited)} - {currency}):
        raise FilingInSeveralCurrencies(others)
    nets: dict[str, int] = {}
    for _, code, net, _tax in charged:
        nets[code] = nets.get(code, 0) + int(net)
    return Figures(
        taxable_minor=nets.get(rules.STANDARD, 0) + nets.get(rules.REDUCED, 0),
        exempt_minor=nets.get(rules.EXEMPT, 0),
        zero_rated_minor=nets.get(rules.ZERO_RATED, 0),
        reverse_charge_minor=nets.get(rules.REVERSE_CHARGE, 0),
        tax_charged_minor=sum(int(row[3]) for row in charged),
        tax_credited_minor=sum(int(row[3]) for row in voided) + sum(tax for _, tax in credited),
    )


def _credited(unit: UnitOfWork, jurisdiction: str, starts_on: date, ends_on: date) -> list[tuple[str, int]]:
    """Of each credit note that counts in the time: currency and the jurisdiction's share of its tax.

    It is shared by what is left of each authority's tax, so that crediting everything credits each one exactly.
    """
    left: dict[str, dict[str, int]] = {}
    for invoice_id, place, tax in repository.taxes_of_credited(unit.session, jurisdiction, starts_on, ends_on):
        left.setdefault(invoice_id, {})[place] = int(tax)
    found = []
    for note in repository.credit_notes(unit.session, jurisdiction, starts_on, ends_on):
        taxes = left[note.invoice_id]
        if note.tax_minor > 0:
            shares = dict(zip(taxes, split_minor(note.tax_minor, list(taxes.values())), strict=True))
            left[note.invoice_id] = {place: tax - shares[place] for place, tax in taxes.items()}
        else:
            shares = dict.fromkeys(taxes, 0)
        if note.posted_on >= starts_on:
            found.append((note.currency, shares[jurisdiction]))
    return found


def _locked(unit: UnitOfWork, filing_id: str) -> TaxFiling:
    filing = repository.filing_locked(unit.session, filing_id)
    if filing is None:
        raise FilingNotFound(filing_id)
    return filing
