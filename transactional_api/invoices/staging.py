"""Drafts of what was agreed before: a won deal's accepted quote, or a period of a contract. Each is billed once."""

from dataclasses import replace
from datetime import date

from transactional_api.database import UnitOfWork
from transactional_api.deals import repository as deals
from transactional_api.deals.errors import DealNotFound
from transactional_api.deals.rules import WON
from transactional_api.invoices import repository
from transactional_api.invoices.errors import AlreadyStaged, DealNotBillable, NothingLeftToBill, PeriodNotBilled
from transactional_api.invoices.rules import KindOfTax, NewLine
from transactional_api.invoices.service import stage_invoice
from transactional_api.invoices.tables import Invoice
from transactional_api.kit.clock import shifted
from transactional_api.products.service import get_product
from transactional_api.quotes import repository as quotes
from transactional_api.revenue import rules as revenue
from transactional_api.revenue.reading import locked_contract
from transactional_api.revenue.tables import Contract, Obligation
from transactional_api.tax import service as tax
from transactional_api.tax.rules import STANDARD


def stage_from_deal(
    unit: UnitOfWork,
    deal_id: str,
    *,
    issued_on: date,
    due_on: date | None = None,
    invoice_id: str | None = None,
    ship_to_country: str | None = None,
    ship_to_region: str | None = None,
    staged_by: str | None = None,
) -> Invoice:
    """The lines of the quote that the customer accepted, taxed by the tenant's registrations."""
    deal = deals.by_id_locked(unit.session, deal_id)
    if deal is None:
        raise DealNotFound(deal_id)
    if deal.stage != WON:
        raise DealNotBillable(deal_id, f"is {deal.stage}, not won")
    if deal.customer_id is None:
        raise DealNotBillable(deal_id, "has no customer")
    quote = quotes.accepted(unit.session, deal_id)
    if quote is None:
        raise DealNotBillable(deal_id, "has no accepted quote")
    source = f"deal:{deal_id}"
    _check_once(unit, source, f"deal {deal_id!r}", "deal_id")
    lines = [
        NewLine(
            product_id=line.product_id,
            description=line.description,
            quantity=line.quantity,
            unit_amount_minor=line.unit_amount_minor,
            discount_minor=line.discount_minor,
            service_starts_on=line.service_starts_on,
            service_ends_on=line.service_ends_on,
        )
        for line in quote.lines
    ]
    return _stage(
        unit,
        lines=lines,
        nets=[line.net_minor for line in quote.lines],
        customer_id=quote.customer_id or deal.customer_id,
        currency=quote.currency,
        issued_on=issued_on,
        due_on=due_on or shifted(issued_on, quote.payment_terms_days),
        invoice_id=invoice_id,
        ship_to=(ship_to_country, ship_to_region),
        staged_by=staged_by,
        staged_from=source,
        deal_id=deal_id,
    )


def stage_from_contract(
    unit: UnitOfWork,
    contract_id: str,
    *,
    issued_on: date,
    period_starts_on: date | None = None,
    due_on: date | None = None,
    invoice_id: str | None = None,
    ship_to_country: str | None = None,
    ship_to_region: str | None = None,
    staged_by: str | None = None,
) -> Invoice:
    """A period's part of the price as signed, a line for each obligation. What modifications change is billed by lines
    of the caller's own."""
    contract = locked_contract(unit, contract_id)
    periods = revenue.billing_periods(contract.starts_on, contract.ends_on, contract.billing_interval)
    at = _period(unit, contract, [starts_on for starts_on, _ in periods], period_starts_on)
    lines = [_obligation_line(row, periods, at) for row in contract.obligations]
    lines = [line for line in lines if line.unit_amount_minor > 0]
    if not lines:
        raise NothingLeftToBill(contract_id)
    return _stage(
        unit,
        lines=lines,
        nets=[line.unit_amount_minor for line in lines],
        customer_id=contract.customer_id,
        currency=contract.currency,
        issued_on=issued_on,
        due_on=due_on or shifted(issued_on, contract.payment_terms_days),
        invoice_id=invoice_id,
        ship_to=(ship_to_country, ship_to_region),
        staged_by=staged_by,
        staged_from=_source(contract_id, periods[at][0]),
        contract_id=contract_id,
    )


def _stage(
    unit: UnitOfWork,
    *,
    lines: list[NewLine],
    nets: list[int],
    customer_id: str,
    currency: str,
    issued_on: date,
    due_on: date,
    invoice_id: str | None,
    ship_to: tuple[str | None, str | None],
    staged_by: str | None,
    staged_from: str,
    deal_id: str | None = None,
    contract_id: str | None = None,
) -> Invoice:
    categories = [_category(unit, line.product_id) for line in lines]
    taxed = tax.for_lines(
        unit,
        customer_id=customer_id,
        ship_to_country=ship_to[0],
        ship_to_region=ship_to[1],
        issued_on=issued_on,
        lines=[tax.TaxableLine(net, category) for net, category in zip(nets, categories, strict=True)],
        currency=currency,
    )
    priced = [
        replace(
            line,
            tax_rate=one.tax_rate,
            tax_minor=one.tax_minor,
            tax_code=one.tax_code,
            taxes=tuple(
                KindOfTax(part.jurisdiction, part.kind, part.rate, part.tax_minor, part.tax_code) for part in one.parts
            ),
        )
        for line, one in zip(lines, taxed, strict=True)
    ]
    return stage_invoice(
        unit,
        invoice_id=invoice_id,
        customer_id=customer_id,
        issued_on=issued_on,
        due_on=due_on,
        currency=currency,
        lines=priced,
        deal_id=deal_id,
        contract_id=contract_id,
        ship_to_country=ship_to[0],
        ship_to_region=ship_to[1],
        staged_by=staged_by,
        staged_from=staged_from,
    )


def _category(unit: UnitOfWork, product_id: str | None) -> str:
    if product_id is None:
        return STANDARD
    return get_product(unit, product_id).tax_category or STANDARD


def _check_once(unit: UnitOfWork, source: str, what: str, field: str) -> None:
    """Under the lock of the deal or contract, so that two calls at once do not both find nothing."""
    invoice_id = repository.staged_as(unit.session, source)
    if invoice_id is not None:
        raise AlreadyStaged(what, invoice_id, field)


def _period(unit: UnitOfWork, contract: Contract, starts: list[date], asked: date | None) -> int:
    if asked is not None:
        if asked not in starts:
            raise PeriodNotBilled(asked)
        source = _source(contract.contract_id, asked)
        _check_once(unit, source, f"the period from {asked} of contract {contract.contract_id!r}", "period_starts_on")
        return starts.index(asked)
    billed = repository.staged_of_contract(unit.session, contract.contract_id)
    left = [at for at, start in enumerate(starts) if _source(contract.contract_id, start) not in billed]
    if not left:
        raise NothingLeftToBill(contract.contract_id)
    return left[0]


def _source(contract_id: str, starts_on: date) -> str:
    return f"contract:{contract_id}:{starts_on}"


def _obligation_line(row: Obligation, periods: list[tuple[date, date]], at: int) -> NewLine:
    """With the days of service in the period, where it has some; else with those of the obligation."""
    line = NewLine(
        unit_amount_minor=revenue.billed_in(row.price_minor, len(periods), at),
        product_id=row.product_id,
        obligation_id=row.obligation_id,
    )
    if row.recognition != revenue.OVER_TIME:
        return line
    starts_on, ends_on = max(row.starts_on, periods[at][0]), min(row.ends_on, periods[at][1])
    if starts_on > ends_on:
        starts_on, ends_on = row.starts_on, row.ends_on
    return replace(line, service_starts_on=starts_on, service_ends_on=ends_on)
