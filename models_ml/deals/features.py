"""What was known of an open deal on a day, and whether it was won in the end.

To learn from, a deal is looked at on several days (`AGES`) on which it was open; to score, on the as-of date. The
stage is that of the day, from the stage history; an owner's record counts the deals that were closed by then. Amount,
discount, risk and the like are only known as they are today: see `training.that_are_as_filled_when_open`. The expected
closing date, the customer and the reason are set or changed when a deal closes, and are not read.
"""

import duckdb

from models_ml.classifier.table import Columns

AGES = (0, 7, 14, 30, 45, 60, 90, 120, 180, 270, 365)
"""Days after creation on which a deal is looked at."""
SHRINKAGE = 5
"""Deals at the tenant's rate that an owner's record starts with."""

EDITABLE = (
    "amount_number",
    "discount_percent",
    "payment_terms_days",
    "risk",
    "competitor",
    "owner",
    "channel",
    "product",
)
"""Known as they are today only."""

COLUMNS = Columns(
    numbers=(
        "age_days",
        "days_in_stage",
        "stages_passed",
        "days_to_touch",
        "owner_win_rate",
        "owner_open_deals",
        "days_to_quarter_end",
        "amount_number",
        "discount_percent",
        "payment_terms_days",
    ),
    categories=("stage", "owner", "channel", "product", "risk", "competitor"),
)

SCORED = "select d.*, d.as_of as snapshot_on from deals as d where d.ended_on is null"
LEARNED = f"""
select d.*
from (select d.*, (d.created_on + unnest({list(AGES)})::integer)::date as snapshot_on from deals as d) as d
asof left join entered as e
    on d.tenant_id = e.tenant_id and d.deal_id = e.deal_id and d.snapshot_on >= e.entered_on
where d.snapshot_on <= d.as_of and (d.ended_on > d.snapshot_on or d.ended_on is null) and e.is_over is not true
"""
"""Without the days on which the deal already stood in a stage that means won or lost, which can be before its closing
date: they would teach the outcome by its own name."""


def features_sql(days: str, tenants: str = "true") -> str:
    """A row per deal and day that `days` makes of `deals` (`SCORED` or `LEARNED`); `tenants` is a condition on
    `tenant_id`. Columns: tenant_id, deal_id, snapshot_on, ended_on and is_won (null while open on the as-of date),
    amount in its currency, then `COLUMNS` (amount_number is the amount in the reporting currency).
    """
    numbers = ",\n".join(f"{name}::double as {name}" for name in COLUMNS.numbers)
    categories = ",\n".join(f"coalesce(nullif(trim({name}), ''), '(none)') as {name}" for name in COLUMNS.categories)
    return f"""
with
deals as (
    select
        d.tenant_id, d.deal_id, d.owner, d.channel, d.product_id as product, d.risk, d.competitor, d.currency,
        d.amount, d.amount_minor, d.discount_percent, d.payment_terms_days, d.created_on, t.as_of,
        d.stage as stage_today,
        timezone(t.time_zone, timezone('UTC', d.first_touch_at))::date as touched_on,
        case when d.ended_on <= t.as_of then d.ended_on end as ended_on,
        case when d.ended_on <= t.as_of then d.outcome = 'won' end as is_won
    from intermediate.int_pipeline__deals_dated as d
    inner join (select tenant_id, time_zone, as_of from run.tenants where {tenants}) as t using (tenant_id)
    where coalesce(d.created_on <= t.as_of, true) and (d.outcome = 'open' or d.ended_on is not null)
),
entries as (
    select
        s.tenant_id, s.deal_id, s.stage, s.entered_at, k.kind in ('won', 'lost') as is_over,
        timezone(t.time_zone, timezone('UTC', s.entered_at))::date as entered_on
    from intermediate.int_pipeline__deal_stages_unioned as s
    inner join run.tenants as t using (tenant_id)
    left join staging.deal_stage_kinds as k on k.stage_key = regexp_replace(lower(s.stage), '[^a-z0-9]', '', 'g')
    where s.entered_at is not null
),
entered as (
    select
        tenant_id, deal_id, entered_on,
        arg_max(stage, (entered_at, stage)) as stage,
        arg_max(coalesce(is_over, false), (entered_at, stage)) as is_over,
        sum(count(*)) over (partition by tenant_id, deal_id order by entered_on) as stages_passed
    from entries
    group by tenant_id, deal_id, entered_on
),
closings as (
    select
        tenant_id, owner, ended_on,
        sum(count(*)) over of_owner as closed, sum(count(*) filter (where is_won)) over of_owner as won
    from deals
    where ended_on is not null
    group by tenant_id, owner, ended_on
    window of_owner as (partition by tenant_id, owner order by ended_on)
),
closings_of_all as (
    select
        tenant_id, ended_on,
        sum(count(*)) over of_all as closed, sum(count(*) filter (where is_won)) over of_all as won
    from deals
    where ended_on is not null
    group by tenant_id, ended_on
    window of_all as (partition by tenant_id order by ended_on)
),
openings as (
    select
        tenant_id, owner, created_on, sum(count(*)) over (partition by tenant_id, owner order by created_on) as opened
    from deals
    where created_on is not null
    group by tenant_id, owner, created_on
),
days as ({days}),
known as (
    select
        d.* exclude (owner),
        d.owner,
        e.stage,
        e.stages_passed,
        d.snapshot_on - e.entered_on as days_in_stage,
        coalesce(c.closed, 0) as closed,
        coalesce(c.won, 0) as won,
        a.won / a.closed as win_rate,
        o.opened
    from days as d
    asof left join entered as e
        on d.tenant_id = e.tenant_id and d.deal_id = e.deal_id and d.snapshot_on >= e.entered_on
    asof left join closings as c
        on d.tenant_id = c.tenant_id and d.owner = c.owner and d.snapshot_on >= c.ended_on
    asof left join closings_of_all as a on d.tenant_id = a.tenant_id and d.snapshot_on >= a.ended_on
    asof left join openings as o
        on d.tenant_id = o.tenant_id and d.owner = o.owner and d.snapshot_on >= o.created_on
),
made as (
    select
        k.*,
        k.snapshot_on - k.created_on as age_days,
        case when k.touched_on <= k.snapshot_on then k.touched_on - k.created_on end as days_to_touch,
        (k.won + {SHRINKAGE} * k.win_rate) / (k.closed + {SHRINKAGE}) as owner_win_rate,
        k.opened - k.closed as owner_open_deals,
        (date_trunc('quarter', k.snapshot_on) + interval 3 months)::date - k.snapshot_on as days_to_quarter_end,
        (k.amount_minor::hugeint * r.numerator // r.denominator)::double / pow(10, u.exponent) as amount_number
    from known as k
    left join intermediate.int_fx__month_rates as r
        on r.tenant_id = k.tenant_id and r.currency = k.currency
        and r.month_index = year(k.snapshot_on) * 12 + month(k.snapshot_on) - 1
    left join run.currencies as u on u.currency = k.currency
)
select
    tenant_id, deal_id, snapshot_on, ended_on, is_won,
    case when amount_minor is not null then amount end::decimal(28, 4) as amount, currency, stage_today,
    {numbers},
    {categories}
from made
order by tenant_id, snapshot_on, deal_id
"""


def write_features(connection: duckdb.DuckDBPyConnection) -> int:
    """`ml.deal_win_features` of the deals open on the as-of date; returns the number of rows."""
    connection.execute("create schema if not exists ml")
    connection.execute(f"create or replace table ml.deal_win_features as {features_sql(SCORED)}")
    return int(connection.execute("select count(*) from ml.deal_win_features").fetchall()[0][0])
