"""`ml.lifetime_features`: of every customer who has or had a contract or bought something, what was known on a day.

By contract, a row is a spell (`spells`) as known on the as-of date; those of a customer who never had MRR have no
tenure. By habit there are two rows: what was known when the holdout began, with what was bought since, and what is
known on the as-of date. A customer who ever had MRR counts by contract, everybody else by what was bought.
"""

import duckdb

HOLDOUT_MONTHS = 6
HOLDOUT_DAYS = 182
CONTRACTUAL, NON_CONTRACTUAL = "contractual", "non_contractual"
COVARIATES = ("segment", "plan", "billing_interval", "acquisition_channel", "starting_mrr")

TABLE = """
create schema if not exists ml;
create or replace table ml.lifetime_features (
    tenant_id varchar not null, customer_id varchar not null, family varchar not null, currency varchar not null,
    known_on date not null, spell_no integer not null, basis varchar not null,
    began_month date, entered integer, stayed integer, has_left boolean, is_active boolean, is_paused boolean,
    mrr decimal(28, 4), segment varchar, plan varchar, billing_interval varchar, acquisition_channel varchar,
    starting_mrr varchar,
    frequency integer, recency_days integer, age_days integer, mean_value decimal(28, 4), sold_value decimal(28, 4),
    returned_value decimal(28, 4), later_purchases integer, later_value decimal(28, 4)
);
"""

DAYS = """
create or replace temp view lifetime_days as
select
    tenant_id, as_of, reporting_currency,
    year(as_of) * 12 + month(as_of) - 1 as as_of_month,
    year(as_of) * 12 + month(as_of) - 1 - (as_of < last_day(as_of))::integer as last_full_month
from run.tenants
"""

SPELLS = """
insert into ml.lifetime_features by name
with
    months as (
        select
            tenant_id,
            customer_id,
            year(month) * 12 + month(month) - 1 as month_index,
            bool_or(opening_mrr > 0) as was_customer,
            bool_or(closing_mrr > 0) as is_customer,
            bool_or(coalesce(reason = 'pause', false)) as is_pause,
            sum(closing_mrr_reporting) as mrr
        from marts.mrr_movements
        group by all
    ),

    numbered as (
        select
            *,
            count(*) filter (where not was_customer) over until as spell_no,
            max(month_index) filter (where not was_customer and not is_pause) over until as began
        from months
        window until as (partition by tenant_id, customer_id order by month_index)
    ),

    -- The end of a spell stands in its last row, in which the closing is 0.
    spells as (
        select
            tenant_id,
            customer_id,
            spell_no,
            coalesce(max(began), min(month_index)) as began,
            min(month_index) as first_at,
            max(month_index) as last_at,
            arg_max(is_customer, month_index) as is_customer,
            arg_max(is_pause and not is_customer, month_index) as is_pause,
            arg_max(mrr, month_index) as mrr
        from numbered
        group by all
    ),

    judged as (
        select
            s.*,
            d.as_of,
            d.as_of_month,
            d.reporting_currency,
            case when s.is_customer then s.last_at else s.last_at - 1 end as kept_until,
            not s.is_customer and not s.is_pause and s.last_at <= d.last_full_month as has_left,
            d.last_full_month
        from spells as s
        inner join lifetime_days as d using (tenant_id)
    ),

    -- A pause lasts while something is subscribed; else the customer left in it.
    going_on as (
        select distinct i.tenant_id, i.customer_id
        from intermediate.int_mrr__items_dated as i
        inner join lifetime_days as d using (tenant_id)
        where i.set_aside_rule is null and i.started_on <= d.as_of and i.valid_to > d.as_of
    ),

    -- What the customer began with is known at the first month-end of the whole tenure.
    items as (
        select
            j.tenant_id,
            j.customer_id,
            j.spell_no,
            i.product_id as plan,
            i.billing_interval
        from judged as j
        inner join intermediate.int_mrr__items_dated as i
            on j.tenant_id = i.tenant_id
            and j.customer_id = i.customer_id
            and i.started_on <= least(last_day(make_date(j.began // 12, j.began % 12 + 1, 1)), j.as_of)
            and i.valid_to > least(last_day(make_date(j.began // 12, j.began % 12 + 1, 1)), j.as_of)
        where i.set_aside_rule is null
        qualify
            row_number() over (
                partition by j.tenant_id, j.customer_id, j.spell_no
                order by i.discounted_mrr desc, i.subscription_id, i.item_id
            ) = 1
    )

select
    j.tenant_id,
    j.customer_id,
    'contractual' as family,
    j.reporting_currency as currency,
    j.as_of as known_on,
    j.spell_no,
    'mrr' as basis,
    make_date(j.began // 12, j.began % 12 + 1, 1) as began_month,
    greatest(j.first_at - j.began, 0) as entered,
    greatest(least(j.kept_until, j.last_full_month) - j.began, j.first_at - j.began, 0) as stayed,
    j.has_left,
    j.is_customer and j.last_at = j.as_of_month as is_active,
    j.is_pause
    and g.customer_id is not null
    and j.spell_no = max(j.spell_no) over (partition by j.tenant_id, j.customer_id) as is_paused,
    j.mrr,
    coalesce(c.segment, '') as segment,
    coalesce(i.plan, '') as plan,
    coalesce(i.billing_interval, '') as billing_interval,
    coalesce(c.acquisition_channel, '') as acquisition_channel,
    coalesce(floor(2 * log10(nullif(m.mrr, 0)))::integer::varchar, '') as starting_mrr
from judged as j
left join going_on as g on j.tenant_id = g.tenant_id and j.customer_id = g.customer_id
left join months as m on j.tenant_id = m.tenant_id and j.customer_id = m.customer_id and j.began = m.month_index
left join items as i on j.tenant_id = i.tenant_id and j.customer_id = i.customer_id and j.spell_no = i.spell_no
left join
    intermediate.int_customers__customers_unioned as c on j.tenant_id = c.tenant_id and j.customer_id = c.customer_id
"""

PURCHASES = """
insert into ml.lifetime_features by name
with
    -- Whatever tells customers apart (family, basis, currency, voids) is told by what was known on the day.
    cuts as (
        select tenant_id, as_of, as_of as known_on
        from lifetime_days
        union all
        select tenant_id, as_of, as_of - $holdout_days
        from lifetime_days
    ),

    -- Who had a contract by then counts by it, and need not be summed up.
    contracted as (
        select m.tenant_id, m.customer_id, min(least(last_day(m.month), d.as_of)) as since
        from marts.mrr_movements as m
        inner join lifetime_days as d using (tenant_id)
        group by all
    ),

    sold as (
        select
            c.tenant_id,
            c.as_of,
            c.known_on,
            s.customer_id,
            s.currency,
            'sales' as basis,
            s.sold_on as day,
            sum(case when s.revenue > 0 then s.revenue else 0 end) as value,
            sum(case when s.revenue < 0 then - s.revenue else 0 end) as returned
        from intermediate.int_retail__sales_dated as s
        inner join cuts as c using (tenant_id)
        left join contracted as m on s.tenant_id = m.tenant_id and s.customer_id = m.customer_id
        where s.customer_id is not null and coalesce(m.since > c.known_on, true)
        group by all
    ),

    units as (
        select currency, [1, 0.1, 0.01, 0.001, 0.0001][exponent + 1]::decimal(5, 4) as unit
        from run.currencies
        where exponent between 0 and 4
    ),

    shoppers as (select distinct tenant_id, customer_id, known_on from sold where day <= known_on),

    invoiced as (
        select
            c.tenant_id,
            c.as_of,
            c.known_on,
            i.customer_id,
            i.currency,
            'invoices' as basis,
            i.issued_on as day,
            sum(case when i.net_minor > 0 then i.net_minor * u.unit else 0 end) as value,
            sum(case when i.net_minor < 0 then - i.net_minor * u.unit else 0 end) as returned
        from intermediate.int_receivables__invoices_totalled as i
        inner join cuts as c using (tenant_id)
        inner join units as u on i.currency = u.currency
        left join contracted as m on i.tenant_id = m.tenant_id and i.customer_id = m.customer_id
        where
            i.issued_on <= c.as_of
            and coalesce(m.since > c.known_on, true)
            and coalesce(i.voided_on > case when i.issued_on <= c.known_on then c.known_on else c.as_of end, true)
        group by all
    ),

    bought as (
        select sold.* from sold semi join shoppers using (tenant_id, customer_id, known_on)
        union all by name
        select invoiced.* from invoiced anti join shoppers using (tenant_id, customer_id, known_on)
    ),

    -- A customer counts in one currency, that of most purchases.
    currencies as (
        select tenant_id, customer_id, known_on, currency
        from bought
        where day <= known_on
        group by tenant_id, customer_id, known_on, currency
        qualify
            row_number() over (
                partition by tenant_id, customer_id, known_on
                order by count(*) filter (where value > 0) desc, currency
            ) = 1
    ),

    days as (
        select
            b.*,
            min(b.day) filter (where b.value > 0) over (partition by b.tenant_id, b.customer_id, b.known_on) as first_on
        from bought as b
        inner join currencies using (tenant_id, customer_id, known_on, currency)
    )

select
    b.tenant_id,
    b.customer_id,
    'non_contractual' as family,
    b.currency,
    b.known_on,
    1 as spell_no,
    b.basis,
    count(*) filter (where b.value > 0 and b.day <= b.known_on) - 1 as frequency,
    max(b.day) filter (where b.value > 0 and b.day <= b.known_on) - min(b.first_on) as recency_days,
    b.known_on - min(b.first_on) as age_days,
    (
        sum(b.value) filter (where b.value > 0 and b.day > b.first_on and b.day <= b.known_on)::double
        / nullif(count(*) filter (where b.value > 0 and b.day > b.first_on and b.day <= b.known_on), 0)
    )::decimal(28, 4) as mean_value,
    coalesce(sum(b.value) filter (where b.day <= b.known_on), 0)::decimal(28, 4) as sold_value,
    coalesce(sum(b.returned) filter (where b.day <= b.known_on), 0)::decimal(28, 4) as returned_value,
    count(*) filter (where b.value > 0 and b.day > b.known_on) as later_purchases,
    coalesce(sum(b.value - b.returned) filter (where b.day > b.known_on), 0)::decimal(28, 4) as later_value
from days as b
where b.known_on = b.as_of or b.first_on <= b.known_on
group by b.tenant_id, b.customer_id, b.currency, b.basis, b.known_on, b.as_of
"""

WITHOUT_MRR = """
insert into ml.lifetime_features by name
select distinct
    i.tenant_id,
    i.customer_id,
    'contractual' as family,
    d.reporting_currency as currency,
    d.as_of as known_on,
    0 as spell_no,
    'mrr' as basis,
    false as is_active,
    false as is_paused
from intermediate.int_mrr__items_dated as i
inner join lifetime_days as d using (tenant_id)
anti join ml.lifetime_features as f on i.tenant_id = f.tenant_id and i.customer_id = f.customer_id
where i.started_on <= d.as_of and i.set_aside_rule is null
"""


def write_features(connection: duckdb.DuckDBPyConnection) -> int:
    """Makes the table anew for all tenants and returns how many customers it has."""
    connection.execute(TABLE)
    connection.execute(DAYS)
    connection.execute(SPELLS)
    connection.execute(PURCHASES.replace("$holdout_days", str(HOLDOUT_DAYS)))
    connection.execute(WITHOUT_MRR)
    return int(
        connection.sql("select count(distinct (tenant_id, customer_id)) from ml.lifetime_features").fetchall()[0][0]
    )
