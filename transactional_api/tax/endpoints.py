"""Tax over HTTP."""

from typing import Literal

from fastapi import APIRouter

from transactional_api.access.boundary import CallerDep, reads, writes
from transactional_api.database import UnitOfWork
from transactional_api.kit.http import Cursor, DayText, Limit, PageOf, listed
from transactional_api.kit.pagination import page_of_values
from transactional_api.tax import filings, rates, repository, service
from transactional_api.tax.schemas import (
    CalculationIn,
    CalculationOut,
    File,
    FilingIn,
    FilingOut,
    Jurisdiction,
    Pay,
    Place,
    RateEnd,
    RateIn,
    RateOut,
    RegistrationsIn,
    RegistrationsOut,
)
from transactional_api.tax.service import NewRegistration

router = APIRouter(prefix="/api/v1/revenue-ops/tax", tags=["tax"])


@router.post("/calculate", **writes("tax:read"))
def calculate(body: CalculationIn, caller: CallerDep) -> CalculationOut:
    """What each line is taxed with, per jurisdiction and kind, and why. Nothing is kept but the answer to its key."""
    lines = body.taxable_lines()
    union = body.union(lines)

    def work(unit: UnitOfWork) -> CalculationOut:
        seller = body.seller.seller() if body.seller else service.known_seller(unit, body.tax_point)
        done = service.calculate(
            unit,
            seller=seller,
            buyer=body.buyer_of(),
            on=body.tax_point,
            currency=body.currency,
            lines=lines,
            union=union,
        )
        return CalculationOut.of(body, seller, lines, done)

    return caller.perform(work)


@router.get("/rates", **reads("tax:read"))
def list_rates(
    caller: CallerDep, jurisdiction: Place | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageOf[RateOut]:
    """The tenant's own rates. The packaged ones are under `/tax/rates/packaged`."""
    with caller.read() as unit:
        page = repository.page_of_rates(unit.session, jurisdiction, cursor, limit)
        return PageOf(items=[RateOut.of(row, service.OWN) for row in page.items], next_cursor=page.next_cursor)


@router.get("/rates/packaged", **reads("tax:read"))
def list_packaged_rates(
    caller: CallerDep,  # noqa: ARG001 - whoever may not read is refused before
    jurisdiction: Place | None = None,
    on: DayText | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[RateOut]:
    """The rates that come with the product, with who published them; on one day, or all."""
    found = [
        rate
        for rate in rates.packaged().rates
        if jurisdiction in (None, rate.jurisdiction) and (on is None or rate.holds_on(on))
    ]
    page = page_of_values(found, rates.rate_key, cursor, limit)
    return PageOf(items=[RateOut.of(rate, rate.source) for rate in page.items], next_cursor=page.next_cursor)


@router.post("/rates", status_code=201, **writes("tax:write"))
def add_rate(body: RateIn, caller: CallerDep) -> RateOut:
    return caller.perform(lambda unit: RateOut.of(service.add_rate(unit, **body.model_dump()), service.OWN))


@router.patch("/rates/{rate_id}", **writes("tax:write"))
def end_rate(rate_id: str, body: RateEnd, caller: CallerDep) -> RateOut:
    return caller.perform(
        lambda unit: RateOut.of(service.end_rate(unit, rate_id, valid_until=body.valid_until), service.OWN)
    )


@router.delete("/rates/{rate_id}", status_code=204, **writes("tax:write"))
def remove_rate(rate_id: str, caller: CallerDep) -> None:
    """For a rate that was wrong; invoices keep what stands on their lines."""
    return caller.perform(lambda unit: service.remove_rate(unit, rate_id))


@router.get("/registrations", **reads("tax:read"))
def get_registrations(caller: CallerDep) -> RegistrationsOut:
    with caller.read() as unit:
        return RegistrationsOut.of(repository.registrations(unit.session))


@router.put("/registrations", **writes("tax:write"))
def set_registrations(body: RegistrationsIn, caller: CallerDep) -> RegistrationsOut:
    """Where the tenant is established and collects tax: the whole list at once."""
    wanted = [NewRegistration(**one.model_dump()) for one in body.registrations]
    return caller.perform(lambda unit: RegistrationsOut.of(service.set_registrations(unit, wanted)))


@router.get("/filings", **reads("tax:read"))
def list_filings(
    caller: CallerDep,
    jurisdiction: Jurisdiction | None = None,
    status: Literal["open", "filed", "paid"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOf[FilingOut]:
    with caller.read() as unit:
        page = repository.page_of_filings(unit.session, jurisdiction, status, cursor, limit)
        return listed(page, FilingOut.of)


@router.post("/filings", status_code=201, **writes("tax:write"))
def open_filing(body: FilingIn, caller: CallerDep) -> FilingOut:
    """A jurisdiction's period, with your figures or with those of the posted invoices. There is one per period."""
    figures = None if body.figures is None else body.figures.figures(body.currency)
    values = body.model_dump(exclude={"figures"})
    return caller.perform(lambda unit: FilingOut.of(filings.open_filing(unit, figures=figures, **values)))


@router.get("/filings/{filing_id}", **reads("tax:read"))
def get_filing(filing_id: str, caller: CallerDep) -> FilingOut:
    with caller.read() as unit:
        return FilingOut.of(filings.get_filing(unit, filing_id))


@router.post("/filings/{filing_id}/file", **writes("tax:write"))
def file(filing_id: str, body: File, caller: CallerDep) -> FilingOut:
    return caller.perform(lambda unit: FilingOut.of(filings.file(unit, filing_id, filed_on=body.filed_on)))


@router.post("/filings/{filing_id}/pay", **writes("tax:write"))
def pay(filing_id: str, body: Pay, caller: CallerDep) -> FilingOut:
    return caller.perform(lambda unit: FilingOut.of(filings.pay(unit, filing_id, paid_on=body.paid_on)))
