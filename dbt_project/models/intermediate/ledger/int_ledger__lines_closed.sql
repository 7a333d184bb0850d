-- Lines of closed months, and what late facts change in their journals, posted to the first open month. A line that
-- takes
-- back another goes to the account that the other was posted on.
with
    frozen as ({{ closed_rows("journal_entries", "posted_on") }}),

    legs as (
        {{ document_legs() }}
        union all
        select *
        from {{ ref("int_ledger__revenue_legs") }}
    ),

    compared as (
        select
            l.tenant_id,
            l.entity_id,
            l.kind,
            l.source_table,
            l.source_id,
            l.purpose,
            l.detail,
            l.customer_id,
            l.currency,
            l.posted_on as fresh_on,
            null::date as frozen_on,
            null::varchar as account,  -- noqa: RF04
            {{ money("l.amount_minor", "c.millionths_per_minor") }} as amount
        from legs as l
        inner join {{ ref("stg_run__currencies") }} as c on l.currency = c.currency
        semi join
            {{ ref("stg_run__closed") }} as closed
            on l.tenant_id = closed.tenant_id
            and l.posted_on <= closed.closed_until
        union all by name
        select
            tenant_id,
            entity_id,
            kind,
            source_table,
            source_id,
            purpose,
            detail,
            customer_id,
            currency,
            document_on as frozen_on,
            account,
            credit - debit as amount
        from frozen
    ),

    late as (
        select
            * exclude (fresh_on, frozen_on, account, amount),
            coalesce(max(fresh_on), max(frozen_on)) as document_on,
            max(account) as frozen_account,
            sum(amount) as amount
        from compared
        group by all
        having sum(amount) <> 0
    )

select *
from frozen
union all by name
select
    late.tenant_id,
    late.entity_id,
    late.document_on,
    late.kind,
    late.source_table,
    late.source_id,
    late.purpose,
    late.detail,
    late.customer_id,
    late.currency,
    closed.first_open_on as posted_on,
    closed.first_open_on as period,
    coalesce(late.frozen_account, a.account) as account,  -- noqa: RF04
    greatest(late.amount, 0)::decimal(28, 4) as debit,
    greatest(- late.amount, 0)::decimal(28, 4) as credit,
    true as is_late
from late
inner join {{ ref("stg_run__closed") }} as closed on late.tenant_id = closed.tenant_id and closed.has_open_month
left join
    {{ ref("int_ledger__accounts") }} as a
    on late.tenant_id = a.tenant_id
    and late.purpose = a.purpose
    and late.detail is not distinct from a.detail
