"""Contracts and revenue recognition over HTTP."""

from datetime import date

from fastapi import APIRouter, Request

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, Limit, PageOf, listed
from transactional_api.kit.money import to_minor
from transactional_api.revenue import reading, repository, service
from transactional_api.revenue.recognition import recognize, schedule
from transactional_api.revenue.schemas import (
    ContractIn,
    ContractOut,
    ContractSummary,
    ModificationIn,
    ProgressIn,
    RecognitionOut,
    RecognizedOut,
    RecognizeIn,
    TransferIn,
)
from transactional_api.revenue.tables import Contract

router = APIRouter(prefix="/api/v1/revenue-ops/revenue-recognition", tags=["revenue recognition"])


@router.post("/create", status_code=201, **writes("revenue:write"))
def create_contract(body: ContractIn, caller: CallerDep) -> ContractOut:
    """A contract with its obligations; the price is shared out over them by relative stand-alone price."""
    total = to_minor(body.total_amount, body.currency, "total_amount")
    obligations = [one.new(body.currency, f"obligations.{at}.") for at, one in enumerate(body.obligations)]
    values = body.model_dump(exclude={"total_amount", "obligations"})

    def work(unit: UnitOfWork) -> ContractOut:
        contract = service.create_contract(unit, total_amount_minor=total, obligations=obligations, **values)
        return _shown(unit, contract)

    return caller.perform(work)


@router.get("", **reads("revenue:read"))
def list_contracts(
    caller: CallerDep, customer_id: str | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[ContractSummary]:
    with caller.read() as unit:
        page = repository.page(unit.session, customer_id, cursor, limit)
        return listed(page, ContractSummary.of)


@router.get("/{contract_id}", **reads("revenue:read"))
def get_contract(contract_id: str, caller: CallerDep) -> ContractOut:
    """With its schedule by what is known now, and what is recognised."""
    with caller.read() as unit:
        return _shown(unit, reading.get_contract(unit, contract_id))


@router.post("/{contract_id}/recognize", **writes("revenue:write"))
def recognize_revenue(contract_id: str, body: RecognizeIn, caller: CallerDep, request: Request) -> RecognitionOut:
    """Write what is earned through a day and not written yet. A closed month stays: its part is posted to the first
    open one."""
    system = request.app.state.settings.accounting_system

    def work(unit: UnitOfWork) -> RecognitionOut:
        added = recognize(unit, contract_id, through=body.through, system=system)
        through = reading.get_contract(unit, contract_id).recognized_through
        assert through is not None
        rows = [RecognizedOut.of(row) for row in added]
        return RecognitionOut(contract_id=contract_id, recognized_through=through, added=rows)

    return caller.perform(work)


@router.post("/{contract_id}/modifications", status_code=201, **writes("revenue:write"))
def modify_contract(contract_id: str, body: ModificationIn, caller: CallerDep) -> ContractOut:
    """A change of price or time. Distinct and at stand-alone price: a contract of its own; distinct: prospective;
    else a cumulative catch-up."""

    def work(unit: UnitOfWork) -> ContractOut:
        currency = reading.get_contract(unit, contract_id).currency
        added = body.added_standalone_price
        contract = service.change_contract(
            unit,
            contract_id,
            price_change_minor=to_minor(body.price_change, currency, "price_change"),
            added_standalone_price_minor=None if added is None else to_minor(added, currency, "added_standalone_price"),
            **body.model_dump(exclude={"price_change", "added_standalone_price"}),
        )
        return _shown(unit, contract)

    return caller.perform(work)


@router.post("/{contract_id}/progress", **writes("revenue:write"))
def measure_progress(contract_id: str, body: ProgressIn, caller: CallerDep) -> ContractOut:
    """How much of an obligation is done, in percent, cumulative."""
    return caller.perform(lambda unit: _shown(unit, service.measure(unit, contract_id, **body.model_dump())))


@router.post("/{contract_id}/transfers", **writes("revenue:write"))
def transfer_obligation(contract_id: str, body: TransferIn, caller: CallerDep) -> ContractOut:
    """What was promised at a point in time was handed over."""
    return caller.perform(lambda unit: _shown(unit, service.transfer(unit, contract_id, **body.model_dump())))


def _shown(unit: UnitOfWork, contract: Contract) -> ContractOut:
    rows = repository.recognized(unit.session, contract.contract_id)
    billed = repository.billed_minor(unit.session, [row.obligation_id for row in contract.obligations])
    return ContractOut.shown(contract, schedule(reading.lines_of(contract), date.max), rows, billed)
