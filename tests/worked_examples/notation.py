"""Worked examples as a finance person writes them down, and the world of the warehouse that they describe.

An example is a text of named tables. `given` tables are data sets under their own names; `expect` tables are questions
to the warehouse. Cells stand between bars, a blank is nothing. Columns that every example would repeat have a default.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tests.warehouse.tables import shown, table
from tests.warehouse.world import World

DEFAULTS: dict[str, dict[str, Any]] = {
    "contracts": {"customer_id": "the customer", "currency": "USD"},
    "obligations": {"recognition": "over_time"},
    "contract_modifications": {"is_distinct": "false", "is_at_standalone_price": "false"},
    "invoices": {"customer_id": "the customer", "currency": "USD", "status": "posted"},
    "credit_notes": {"customer_id": "the customer", "currency": "USD", "tax_amount": "0"},
}
# What an expectation may ask, as SQL over one tenant; `{columns}` are those of its header.
QUESTIONS = {
    "revenue by month": """
        select strftime(month, '%Y-%m') as month, source_id as source, recognized as revenue,
            recognized_to_date as to_date, deferred_closing as deferred, contract_asset_closing as contract_asset
        from marts.revenue_recognition where tenant_id = '{tenant}' and recognized <> 0 order by month, source_id
    """,
    "revenue by year": """
        select year(month) as year, source_id as source, sum(recognized) as revenue
        from marts.revenue_recognition where tenant_id = '{tenant}' group by all order by year, source_id
    """,
    "deferred revenue": """
        select strftime(month, '%Y-%m') as month, opening, billed, recognized, modified, credited, closing
        from marts.deferred_revenue_rollforward where tenant_id = '{tenant}' order by month
    """,
    "prices": """
        select obligation_id as obligation, price_minor / pow(10, exponent) as price
        from intermediate.int_revenue__obligations_priced join run.currencies using (currency)
        where tenant_id = '{tenant}' order by obligation_id
    """,
    "treatments": """
        select modification_id as change, treatment, part_treatment,
            separate_contract_recognized_to_date as separate_to_date, separate_contract_remaining as separate_left,
            prospective_recognized_to_date as prospective_to_date, prospective_remaining as prospective_left,
            cumulative_catch_up_recognized_to_date as catch_up_to_date, cumulative_catch_up_remaining as catch_up_left
        from marts.contract_modification_outcomes where tenant_id = '{tenant}' order by modification_id
    """,
    "remaining obligations": """
        select as_of, rpo, current_rpo
        from marts.remaining_performance_obligations where tenant_id = '{tenant}' order by as_of
    """,
}


@dataclass
class Example:
    """`name` is its tenant; `about` says in our words what it shows."""

    name: str
    about: str
    as_of: date
    given: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    expected: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)

    def fill(self, world: World) -> None:
        world.tenant(self.name, self.as_of)
        for data_set, rows in self.given.items():
            world.csv(self.name, data_set, [{**DEFAULTS.get(data_set, {}), **row} for row in rows])


def read(path: Path) -> Example:
    """First line the title, then prose, then `as of`, then tables, each under its own `given …:` or `expect …:`."""
    blocks = [block.strip("\n") for block in path.read_text(encoding="utf-8").split("\n\n") if block.strip()]
    title, *rest = blocks
    prose = [block for block in rest if not block.startswith(("as of ", "given ", "expect "))]
    example = Example(path.stem, " ".join([title, *prose]), date(1, 1, 1))
    for block in rest:
        head, _, body = block.partition("\n")
        if head.startswith("as of "):
            example.as_of = date.fromisoformat(head.removeprefix("as of "))
        elif head.startswith("given "):
            example.given[head.removeprefix("given ").rstrip(":")] = table(body)
        elif head.startswith("expect "):
            example.expected.append((head.removeprefix("expect ").rstrip(":"), table(body)))
    return example


def answer(world: World, example: Example, question: str, columns: list[str]) -> list[str]:
    rows = world.read(QUESTIONS[question].format(tenant=example.name))
    return shown(rows, " ".join(columns))


def wanted(rows: list[dict[str, Any]], columns: list[str]) -> list[str]:
    return shown(
        [{name: (row[name] or "").replace(",", "") or None for name in columns} for row in rows], " ".join(columns)
    )
