"""Contracts as other domains see them. Knows no service, so that invoices may ask."""

from transactional_api.database import UnitOfWork
from transactional_api.revenue import repository
from transactional_api.revenue.errors import ContractNotFound, ObligationNotFound
from transactional_api.revenue.rules import Line, Modification, modified
from transactional_api.revenue.tables import Contract, Obligation


def get_contract(unit: UnitOfWork, contract_id: str, field: str = "contract_id") -> Contract:
    contract = repository.by_id(unit.session, contract_id)
    if contract is None:
        raise ContractNotFound(contract_id, field)
    return contract


def locked_contract(unit: UnitOfWork, contract_id: str) -> Contract:
    contract = repository.by_id_locked(unit.session, contract_id)
    if contract is None:
        raise ContractNotFound(contract_id)
    return contract


def get_obligation(unit: UnitOfWork, obligation_id: str, field: str = "obligation_id") -> Obligation:
    obligation = repository.obligation(unit.session, obligation_id)
    if obligation is None:
        raise ObligationNotFound(obligation_id, field)
    return obligation


def lines_of(contract: Contract) -> list[Line]:
    """What is earned by itself, with every change that is known."""
    lines = [
        Line(
            source_kind="obligation",
            source_id=row.obligation_id,
            product_id=row.product_id,
            price_minor=row.price_minor,
            standalone_price_minor=row.standalone_price_minor,
            recognition=row.recognition,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            transferred_on=row.transferred_on,
            progress=tuple((one.measured_on, one.percent_complete) for one in row.progress),
        )
        for row in sorted(contract.obligations, key=lambda row: row.obligation_id)
    ]
    changes = [
        Modification(
            row.modification_id,
            row.effective_on,
            row.price_change_minor,
            row.treatment,
            row.obligation_id,
            row.new_ends_on,
        )
        for row in contract.modifications
    ]
    return modified(lines, changes, contract.ends_on)
