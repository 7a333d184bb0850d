"""What if: assumptions that a user edits (the seed `forecast_scenarios`), for forecasts that are built from parts."""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Scenario:
    """Factors: 1 changes nothing, a `churn` of 1.25 is a quarter more loss in each month, a `price` of 1.05 five
    percent more for what is new or renewed, a `win_rate` of 0.8 a fifth fewer wins."""

    name: str
    churn: float = 1.0
    price: float = 1.0
    win_rate: float = 1.0


BASE = Scenario("base")


def read_scenarios(connection: duckdb.DuckDBPyConnection) -> list[Scenario]:
    """Base, and those of the seed by name."""
    rows = connection.execute(
        """select scenario, churn_factor::double, price_factor::double, win_rate_factor::double
        from staging.forecast_scenarios where scenario <> 'base' order by scenario"""
    ).fetchall()
    return [BASE, *(Scenario(*row) for row in rows)]
