"""From `ml.lifetime_features` to what models are trained on and asked about, every tenant with one query."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from models_ml.ltv.features import CONTRACTUAL, COVARIATES, HOLDOUT_DAYS, HOLDOUT_MONTHS, NON_CONTRACTUAL
from models_ml.ltv.likelihood import Floats
from models_ml.ltv.non_contractual import Buyers
from models_ml.ltv.spells import Bools, Spells

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Contracts:
    """A tenant's spells in order of customer and time, and the state that the last spell of each customer (`is_newest`)
    is in. `at_origin` is the tenure that each spell had, or would have had, when the holdout began."""

    tenant_id: str
    currency: str
    as_of: date
    origin: date
    first_month: date
    customer_ids: Texts
    spells: Spells
    at_origin: Floats
    is_newest: Bools
    is_active: Bools
    is_paused: Bools
    mrr: Floats

    family = CONTRACTUAL

    @property
    def subject(self) -> str:
        return CONTRACTUAL

    @property
    def window(self) -> tuple[date, date]:
        """First and last day that a model trained now learns from."""
        return self.first_month, max(self.origin, self.first_month)

    @property
    def training(self) -> Spells:
        return self.spells.until(self.at_origin)

    @property
    def holdout(self) -> Spells:
        return self.spells.after(self.at_origin)

    @property
    def there_at_origin(self) -> Spells:
        """Of the holdout, those who were there when it began."""
        there = self.at_origin >= self.spells.entered
        return self.spells.where(there).after(self.at_origin[there])


@dataclass(frozen=True)
class Shoppers:
    """A tenant's customers without a contract who buy in one currency; `then` and what was bought `later` are of those
    who had bought before the holdout. `kept` is the share of what was sold before it that did not come back."""

    tenant_id: str
    currency: str
    as_of: date
    first_day: date
    customer_ids: Texts
    now: Buyers
    then: Buyers
    later: Floats
    later_value: Floats
    kept: float

    family = NON_CONTRACTUAL
    weeks = HOLDOUT_DAYS / 7

    @property
    def subject(self) -> str:
        return f"{NON_CONTRACTUAL}/{self.currency}"

    @property
    def window(self) -> tuple[date, date]:
        """First and last day that a model trained now learns from."""
        return self.first_day, max(self.as_of - timedelta(HOLDOUT_DAYS), self.first_day)


Subject = Contracts | Shoppers


def read_subjects(connection: duckdb.DuckDBPyConnection) -> list[Subject]:
    """Whatever a model is trained for, in order of tenant and subject."""
    subjects: list[Subject] = [*read_contracts(connection), *read_shoppers(connection)]
    return sorted(subjects, key=lambda one: (one.tenant_id, one.subject))


def read_contracts(connection: duckdb.DuckDBPyConnection) -> Iterator[Contracts]:
    """One per tenant that has or had a customer with MRR."""
    columns = _columns(
        connection,
        f"""select tenant_id, customer_id, currency, known_on, began_month,
            entered::double as entered, stayed::double as stayed,
            has_left, is_active, is_paused, mrr::double as mrr, {", ".join(COVARIATES)},
            (year(known_on + 1) * 12 + month(known_on + 1) - 2 - {HOLDOUT_MONTHS}
                - (year(began_month) * 12 + month(began_month) - 1))::double as at_origin,
            spell_no = max(spell_no) over (partition by tenant_id, customer_id) as is_newest
        from ml.lifetime_features where family = '{CONTRACTUAL}' and spell_no > 0
        order by tenant_id, customer_id, spell_no""",
    )
    covariates = np.column_stack([columns[name].astype(object) for name in COVARIATES])
    for rows in _slices(columns["tenant_id"]):
        as_of, first_month = _day(columns["known_on"][rows][0]), _day(columns["began_month"][rows].min())
        yield Contracts(
            tenant_id=str(columns["tenant_id"][rows][0]),
            currency=str(columns["currency"][rows][0]),
            as_of=as_of,
            origin=_months_before((as_of + timedelta(1)).replace(day=1), HOLDOUT_MONTHS) - timedelta(1),
            first_month=first_month,
            customer_ids=columns["customer_id"][rows],
            spells=Spells(
                columns["entered"][rows],
                columns["stayed"][rows],
                columns["has_left"][rows],
                covariates[rows],
            ),
            at_origin=columns["at_origin"][rows],
            is_newest=columns["is_newest"][rows],
            is_active=columns["is_active"][rows],
            is_paused=columns["is_paused"][rows],
            mrr=columns["mrr"][rows],
        )


def read_shoppers(connection: duckdb.DuckDBPyConnection) -> Iterator[Shoppers]:
    """One per tenant and currency in which customers without a contract bought something."""
    columns = _columns(
        connection,
        f"""select tenant_id || chr(31) || currency as subject, tenant_id, currency, customer_id,
            max(known_on) over (partition by tenant_id) as as_of, known_on - age_days as first_on,
            known_on = as_of as is_now, frequency::double as frequency, recency_days / 7 as recency,
            age_days / 7 as age, coalesce(mean_value, 0)::double as mean_value, sold_value::double as sold,
            returned_value::double as returned, later_purchases::double as later, later_value::double as later_value
        from ml.lifetime_features where family = '{NON_CONTRACTUAL}' and frequency >= 0
        order by tenant_id, currency, customer_id""",
    )
    for rows in _slices(columns["subject"]):
        each = {name: values[rows] for name, values in columns.items()}
        is_now, is_then = each["is_now"], ~each["is_now"]
        sold, returned = each["sold"][is_then].sum(), each["returned"][is_then].sum()
        yield Shoppers(
            tenant_id=str(each["tenant_id"][0]),
            currency=str(each["currency"][0]),
            as_of=_day(each["as_of"][0]),
            first_day=_day(each["first_on"].min()),
            customer_ids=each["customer_id"][is_now],
            now=_buyers(each, is_now),
            then=_buyers(each, is_then),
            later=each["later"][is_then],
            later_value=each["later_value"][is_then],
            kept=float(max(1.0 - returned / sold, 0.0)) if sold > 0 else 1.0,
        )


def _buyers(each: dict[str, Any], rows: Bools) -> Buyers:
    return Buyers(*(each[name][rows] for name in ("frequency", "recency", "age", "mean_value")))


def _slices(keys: Texts) -> Iterator[slice]:
    """Runs of equal keys in a sorted column."""
    if not len(keys):
        return
    starts = [0, *(np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist(), len(keys)]
    for start, end in pairwise(starts):
        yield slice(start, end)


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    """Columns without nulls come as masked arrays where the query could have had some."""
    found: dict[str, Any] = connection.execute(query).fetchnumpy()
    return {name: each.filled() if isinstance(each, np.ma.MaskedArray) else each for name, each in found.items()}


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def _months_before(first_of_month: date, months: int) -> date:
    index = first_of_month.year * 12 + first_of_month.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
