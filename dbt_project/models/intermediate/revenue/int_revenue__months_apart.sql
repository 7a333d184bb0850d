-- Month rows of every source but the plain invoice lines, from its curve at each snapshot.
with
    months as (
        select *, unnest(range(first_month, last_month + 1)) as month_index from {{ ref("int_revenue__sources_apart") }}
    ),

    snapshots as (
        select * exclude (as_of, first_month, last_month), {{ snapshot_on("month_index", "as_of") }} as snapshot_on
        from months
    ),

    moved as (
        select
            tenant_id,
            source_kind,
            source_id,
            {{ month_index("moved_on") }} as month_index,
            sum(billed_minor) as billed_minor,
            sum(credited_minor) as credited_minor,
            sum(modified_minor) as modified_minor
        from {{ ref("int_revenue__movements") }}
        group by all
    ),

    valued as (
        select
            s.*,
            coalesce(m.billed_minor, 0)::bigint as billed_minor,
            coalesce(m.credited_minor, 0)::bigint as credited_minor,
            coalesce(m.modified_minor, 0)::bigint as modified_minor,
            coalesce(
                {{ earned_by_day("c.base_minor", "c.rest_minor", "c.starts_on", "c.ends_on", "s.snapshot_on") }}, 0
            ) as recognized_to_date_minor
        from snapshots as s
        left join
            {{ ref("int_revenue__curves") }} as c
            on s.tenant_id = c.tenant_id
            and s.source_kind = c.source_kind
            and s.source_id = c.source_id
            and s.snapshot_on >= c.from_on
            and s.snapshot_on < c.until_on
        left join
            moved as m
            on s.tenant_id = m.tenant_id
            and s.source_kind = m.source_kind
            and s.source_id = m.source_id
            and s.month_index = m.month_index
    ),

    running as (
        select
            *,
            recognized_to_date_minor - lag(recognized_to_date_minor, 1, 0) over so_far as recognized_minor,
            (sum(billed_minor - credited_minor) over so_far)::bigint as billed_to_date_minor
        from valued
        window so_far as (partition by tenant_id, source_kind, source_id order by month_index)
    )

select
    * exclude (snapshot_on, billed_to_date_minor),
    {{ deferred("billed_to_date_minor", "recognized_to_date_minor") }} as deferred_closing_minor,
    {{ contract_asset("billed_to_date_minor", "recognized_to_date_minor") }} as contract_asset_closing_minor,
    deferred_closing_minor
    - {{ deferred("billed_to_date_minor", "(recognized_to_date_minor - modified_minor)") }} as deferred_modified_minor
from running
where
    billed_to_date_minor <> recognized_to_date_minor
    or billed_minor <> 0
    or credited_minor <> 0
    or recognized_minor <> 0
    or modified_minor <> 0
