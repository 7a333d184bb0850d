-- Lines whose tax is not what the dated rates give, and the parts of the difference: what the rate on the line makes
-- of it
-- against the right one (a wrong code, if that rate is another category's), and what the amount is off its own rate.
{% set derived = (
    "list_sum(list_transform(rates, lambda r: "
    ~ divide_half_up("net_minor::hugeint * (r * 1000000000000)::hugeint", "1000000000000::hugeint")
    ~ "))"
) %}
with
    lines as (
        select
            l.*,
            l.category in ('exempt', 'zero_rated', 'reverse_charge') as bears_none,
            case
                when l.category in ('exempt', 'zero_rated', 'reverse_charge') then [0::decimal(38, 12)] else s.rates
            end as rates
        from {{ ref("int_tax__lines_to_rederive") }} as l
        left join
            {{ ref("int_tax__rate_segments") }} as s
            on l.tenant_id = s.tenant_id
            and l.jurisdiction = s.place
            and l.taken_as = s.taken_as
            and l.category = s.category
            and l.taxed_on >= s.starts_on
            and l.taxed_on < s.ends_on
    ),

    derived as (
        select *, list_sum(rates)::decimal(38, 12) as derived_rate, ({{ derived }})::bigint as derived_minor from lines
    ),

    differing as (
        select
            *,
            case
                when charged_rate is null or charged_rate = derived_rate
                then derived_minor
                else
                    {{
                        divide_half_up(
                            "net_minor::hugeint * (charged_rate * 1000000000000)::hugeint", "1000000000000::hugeint"
                        )
                    }}
            end::bigint as at_charged_rate_minor
        from derived
        where derived_minor is null or derived_minor <> charged_minor
    ),

    other_categories as (
        select distinct d.tenant_id, d.line_id, d.jurisdiction, d.kind
        from differing as d
        inner join
            {{ ref("int_tax__rate_segments") }} as s
            on d.tenant_id = s.tenant_id
            and d.jurisdiction = s.place
            and d.taken_as = s.taken_as
            and d.charged_rate = s.rate
            and d.category <> s.category
            and d.taxed_on >= s.starts_on
            and d.taxed_on < s.ends_on
    )

select
    d.* exclude (rates, bears_none, at_charged_rate_minor),  -- noqa: RF02
    len(d.rates) as rates_applied,
    d.bears_none or o.line_id is not null as is_wrong_code,
    case when d.derived_minor is null then d.charged_minor else 0 end as unknown_rate_minor,
    coalesce(d.at_charged_rate_minor - d.derived_minor, 0) as rate_minor,
    coalesce(
        case when d.derived_minor is not null then d.charged_minor - d.at_charged_rate_minor end, 0
    ) as amount_minor
from differing as d
left join other_categories as o using (tenant_id, line_id, jurisdiction, kind)
