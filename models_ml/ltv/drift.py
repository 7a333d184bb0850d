"""Whether new customers are still like those that a model learned from."""

import duckdb

from models_ml.ltv.features import CONTRACTUAL, COVARIATES, HOLDOUT_MONTHS

FEWEST = 50
"""Customers before and after, fewer of whom say nothing about a share."""
LARGEST = 0.25
"""Of the population stability index: above it the shares are commonly called shifted (Siddiqi 2006, Credit Risk
Scorecards)."""

SHIFTS = f"""
with
    first_spells as (
        select *, began_month > last_day(known_on + 1 - interval {HOLDOUT_MONTHS + 1} month) as is_new
        from ml.lifetime_features
        where family = '{CONTRACTUAL}' and spell_no = 1
    ),

    long as (
        unpivot (select tenant_id, is_new, {", ".join(COVARIATES)} from first_spells)
        on {", ".join(COVARIATES)} into name covariate value text
    ),

    counted as (
        select
            tenant_id, covariate, text,
            count(*) filter (where not is_new) + 0.5 as before,
            count(*) filter (where is_new) + 0.5 as since
        from long
        group by all
    ),

    shares as (
        select
            tenant_id, covariate,
            before / sum(before) over of_all as before, since / sum(since) over of_all as since,
            sum(before) over of_all as all_before, sum(since) over of_all as all_since
        from counted
        window of_all as (partition by tenant_id, covariate)
    )

-- Exact, so that the order in which rows are met does not matter.
select tenant_id, covariate, sum(((since - before) * ln(since / before))::decimal(18, 12))::double as psi
from shares
where least(all_before, all_since) >= {FEWEST}
group by all
order by tenant_id, covariate
"""


def shifts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, float]]:
    """Tenant, covariate and population stability index between customers of before the holdout and those who came
    since, where there are enough of both."""
    return connection.execute(SHIFTS).fetchall()
