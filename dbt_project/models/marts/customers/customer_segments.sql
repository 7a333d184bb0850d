with
    ranked as (
        select
            p.*,
            t.as_of - p.last_on as recency_days,
            count(*) over peers as peers,
            rank() over (peers order by p.last_on) as recency_rank,
            rank() over (peers order by p.frequency) as frequency_rank,
            rank() over (peers order by p.monetary) as monetary_rank
        from {{ ref("int_customers__purchases") }} as p
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        window peers as (partition by p.tenant_id, p.basis, p.currency)
    ),

    scored as (
        select
            *,
            (1 + divide(5 * (recency_rank - 1), peers))::integer as recency_score,
            (1 + divide(5 * (frequency_rank - 1), peers))::integer as frequency_score,
            (1 + divide(5 * (monetary_rank - 1), peers))::integer as monetary_score
        from ranked
    )

select
    s.tenant_id,
    s.customer_id,
    c.name,
    c.segment,
    c.country,
    s.basis,
    s.currency,
    s.first_on,
    s.last_on,
    s.recency_days::bigint as recency_days,
    s.frequency,
    s.monetary,
    s.recency_score,
    s.frequency_score,
    s.monetary_score,
    case
        when s.recency_score >= 4 and s.frequency_score >= 4 and s.monetary_score >= 4
        then 'champions'
        when s.recency_score >= 3 and s.frequency_score >= 3
        then 'loyal'
        when s.recency_score >= 4
        then 'recent'
        when s.frequency_score >= 3 or s.monetary_score >= 4
        then 'at_risk'
        else 'lapsing'
    end as rfm_segment
from scored as s
left join {{ ref("int_customers__customers_unioned") }} as c using (tenant_id, customer_id)
