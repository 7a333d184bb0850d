"""What can be done with contracts: make them, change them, measure them, and recognise what is earned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.products.service import get_product
from transactional_api.revenue import repository, rules
from transactional_api.revenue.errors import (
    ContractRefused,
    ModificationRefused,
    NotMeasured,
    ObligationNotFound,
    PriceBelowZero,
    TransferKnown,
)
from transactional_api.revenue.reading import lines_of, locked_contract
from transactional_api.revenue.tables import Contract, ContractModification, Obligation, Progress

MAX_YEARS = 100


@dataclass(frozen=True)
class NewObligation:
    """Without days of its own it runs with the contract."""

    standalone_price_minor: int
    recognition: str
    obligation_id: str | None = None
    product_id: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    transferred_on: date | None = None


def create_contract(
    unit: UnitOfWork,
    *,
    customer_id: str,
    signed_on: date,
    starts_on: date,
    ends_on: date,
    total_amount_minor: int,
    currency: str,
    obligations: Sequence[NewObligation],
    contract_id: str | None = None,
    type: str | None = None,
    cancellable_from: date | None = None,
    entity_id: str | None = None,
    billing_interval: str = "once",
    payment_terms_days: int = 30,
) -> Contract:
    """The price is shared out over the obligations by relative stand-alone price and never again: what changes later
    is a modification."""
    contract_id = id_or_new(contract_id, "con", "contract_id")
    get_customer(unit, customer_id)
    exponent(currency)
    if ends_on < starts_on:
        raise ContractRefused("a contract ends on or after the day it starts", "ends_on")
    _check_reach(starts_on, ends_on, "ends_on")
    if cancellable_from is not None and cancellable_from < starts_on:
        raise ContractRefused("a contract is not cancellable before it starts", "cancellable_from")
    if not obligations:
        raise ContractRefused("a contract has at least one obligation", "obligations")
    if checked_minor(total_amount_minor, "total_amount") < 0:
        raise ContractRefused("a price is not negative", "total_amount")
    contract = Contract(
        tenant_id=unit.tenant_id,
        contract_id=contract_id,
        customer_id=customer_id,
        signed_on=signed_on,
        starts_on=starts_on,
        ends_on=ends_on,
        total_amount_minor=total_amount_minor,
        currency=currency,
        type=type,
        cancellable_from=cancellable_from,
        entity_id=entity_id,
        billing_interval=billing_interval,
        payment_terms_days=payment_terms_days,
        recognized_through=None,
        modifications=[],
    )
    rows = [_obligation(unit, contract, one, f"obligations.{at}.") for at, one in enumerate(obligations)]
    if len({row.obligation_id for row in rows}) < len(rows):
        raise ContractRefused("two obligations have one id", "obligations")
    rows.sort(key=lambda row: row.obligation_id)
    prices = rules.allocate(total_amount_minor, [row.standalone_price_minor for row in rows])
    for row, price in zip(rows, prices, strict=True):
        row.price_minor = price
    contract.obligations = rows
    add(unit.session, contract)
    return contract


def change_contract(
    unit: UnitOfWork,
    contract_id: str,
    *,
    effective_on: date,
    price_change_minor: int,
    is_distinct: bool,
    is_at_standalone_price: bool,
    modification_id: str | None = None,
    obligation_id: str | None = None,
    new_ends_on: date | None = None,
    added_standalone_price_minor: int | None = None,
) -> Contract:
    """What its kind makes of it is decided here and stored; the effect shows when revenue is recognised again."""
    modification_id = id_or_new(modification_id, "mod", "modification_id")
    contract = locked_contract(unit, contract_id)
    treatment = rules.treatment_of(is_distinct, is_at_standalone_price)
    _check_change(contract, treatment, effective_on, price_change_minor, obligation_id, new_ends_on)
    contract.modifications.append(
        ContractModification(
            tenant_id=unit.tenant_id,
            modification_id=modification_id,
            contract_id=contract_id,
            obligation_id=obligation_id,
            effective_on=effective_on,
            price_change_minor=checked_minor(price_change_minor, "price_change"),
            is_distinct=int(is_distinct),
            is_at_standalone_price=int(is_at_standalone_price),
            new_ends_on=new_ends_on,
            added_standalone_price_minor=added_standalone_price_minor,
            treatment=treatment,
        )
    )
    for line in lines_of(contract):
        if line.full_price_minor < 0:
            raise PriceBelowZero(line.source_id)
    return contract


def measure(
    unit: UnitOfWork, contract_id: str, obligation_id: str, *, measured_on: date, percent_complete: Decimal
) -> Contract:
    """How much is done by that day, cumulative. The same day again replaces what was measured."""
    contract = locked_contract(unit, contract_id)
    obligation = _of(contract, obligation_id)
    if obligation.recognition != rules.PERCENT_COMPLETE:
        raise NotMeasured(obligation_id, obligation.recognition)
    _check_reach(contract.starts_on, measured_on, "measured_on")
    if percent_complete > 100:
        raise ContractRefused("never more than 100 percent is done", "percent_complete")
    known = [(row.measured_on, row.percent_complete) for row in obligation.progress]
    rules.check_progress(known, measured_on, percent_complete)
    row = repository.progress(unit.session, obligation_id, measured_on)
    if row is None:
        row = Progress(
            tenant_id=unit.tenant_id,
            obligation_id=obligation_id,
            measured_on=measured_on,
            percent_complete=percent_complete,
        )
        add(unit.session, row)
        unit.session.flush()
    row.percent_complete = percent_complete
    unit.session.flush()
    unit.session.expire(obligation, ["progress"])
    return contract


def transfer(unit: UnitOfWork, contract_id: str, obligation_id: str, *, transferred_on: date) -> Contract:
    """Control passed on that day. It is said once."""
    contract = locked_contract(unit, contract_id)
    obligation = _of(contract, obligation_id)
    if obligation.recognition != rules.POINT_IN_TIME:
        raise NotMeasured(obligation_id, obligation.recognition)
    if obligation.transferred_on is not None:
        raise TransferKnown(obligation_id, obligation.transferred_on)
    _check_reach(contract.starts_on, transferred_on, "transferred_on")
    obligation.transferred_on = transferred_on
    return contract


def _check_reach(starts_on: date, day: date | None, field: str) -> None:
    """Months are written one by one, so that a slip of the pen must not make thousands of them."""
    if day is not None and (abs(day.year - starts_on.year) > MAX_YEARS or not 1000 <= day.year <= 9000):
        raise ContractRefused(f"the days of a contract are within {MAX_YEARS} years of its start", field)


def _of(contract: Contract, obligation_id: str, field: str = "obligation_id") -> Obligation:
    for row in contract.obligations:
        if row.obligation_id == obligation_id:
            return row
    raise ObligationNotFound(obligation_id, field)


def _obligation(unit: UnitOfWork, contract: Contract, one: NewObligation, path: str) -> Obligation:
    if one.product_id is not None:
        get_product(unit, one.product_id, f"{path}product_id")
    starts_on, ends_on = one.starts_on or contract.starts_on, one.ends_on or contract.ends_on
    _check_reach(contract.starts_on, starts_on, f"{path}starts_on")
    _check_reach(contract.starts_on, ends_on, f"{path}ends_on")
    _check_reach(contract.starts_on, one.transferred_on, f"{path}transferred_on")
    if ends_on < starts_on:
        raise ContractRefused("an obligation ends on or after the day it starts", f"{path}ends_on")
    if one.transferred_on is not None and one.recognition != rules.POINT_IN_TIME:
        raise ContractRefused("only what is recognised at a point in time is transferred", f"{path}transferred_on")
    if checked_minor(one.standalone_price_minor, f"{path}standalone_price") < 0:
        raise ContractRefused("a price is not negative", f"{path}standalone_price")
    return Obligation(
        tenant_id=unit.tenant_id,
        obligation_id=id_or_new(one.obligation_id, "obl", f"{path}obligation_id"),
        contract_id=contract.contract_id,
        product_id=one.product_id,
        standalone_price_minor=one.standalone_price_minor,
        price_minor=0,
        recognition=one.recognition,
        starts_on=starts_on,
        ends_on=ends_on,
        transferred_on=one.transferred_on,
        progress=[],
    )


def _check_change(
    contract: Contract,
    treatment: str,
    effective_on: date,
    price_change_minor: int,
    obligation_id: str | None,
    new_ends_on: date | None,
) -> None:
    if obligation_id is not None:
        _of(contract, obligation_id)
    _check_reach(contract.starts_on, effective_on, "effective_on")
    _check_reach(contract.starts_on, new_ends_on, "new_ends_on")
    if effective_on < contract.signed_on:
        raise ModificationRefused("a contract is changed after it was signed", "effective_on")
    if new_ends_on is not None and new_ends_on < effective_on:
        raise ModificationRefused("a change ends on or after the day it takes effect", "new_ends_on")
    if treatment == rules.SEPARATE and price_change_minor <= 0:
        raise ModificationRefused("a contract of its own has a price", "price_change")
