-- Each tool's figure is ours and its lines; the explanation adds the lines up by reason, the largest first.
with
    reasons as (
        select
            tenant_id,
            definition,
            metric,
            {{ month_index("month") }} as month_index,
            reason,
            count(*) as line_count,
            sum(numerator_difference) as numerator_difference,
            sum(denominator_difference) as denominator_difference
        from {{ ref("metric_definition_differences") }}
        group by all
    ),

    sums as (
        select
            tenant_id,
            definition,
            metric,
            month_index,
            sum(line_count)::bigint as line_count,
            (sum(numerator_difference) * 10000)::hugeint as numerator_difference,
            (sum(denominator_difference) * 10000)::hugeint as denominator_difference,
            string_agg(
                reason || case
                    when metric = 'mrr'
                    then ' ' || numerator_difference
                    else ' (' || line_count || case when line_count = 1 then ' customer)' else ' customers)' end
                end,
                ', '
                order by abs(numerator_difference) desc, abs(denominator_difference) desc, reason asc
            ) as explanation
        from reasons
        group by all
    ),

    tools as (select unnest(['stripe', 'chartmogul', 'baremetrics', 'naive_invoices']) as definition),

    figures as (
        select
            o.tenant_id,
            o.month_index,
            o.metric,
            tools.definition,
            o.as_of,
            o.as_of_month,
            o.numerator as our_numerator,
            o.denominator as our_denominator,
            coalesce(s.line_count, 0) as line_count,
            coalesce(
                s.explanation,
                case when u.metric is null then 'no difference' else 'no rate stored for an invoiced currency' end
            ) as explanation,
            case when u.metric is null then o.numerator + coalesce(s.numerator_difference, 0) end as numerator,
            case when u.metric is null then o.denominator + coalesce(s.denominator_difference, 0) end as denominator
        from {{ ref("int_definitions__our_figures") }} as o
        cross join tools
        left join
            sums as s
            on o.tenant_id = s.tenant_id
            and o.month_index = s.month_index
            and o.metric = s.metric
            and tools.definition = s.definition
        left join
            {{ ref("int_definitions__unrated_months") }} as u
            on o.tenant_id = u.tenant_id
            and o.month_index = u.month_index
            and o.metric = u.metric
            and tools.definition = u.definition
            {{ open_only("o", "month_index", until="closed_month") }}
    )

select
    tenant_id,
    {{ month_start("month_index") }} as month,
    metric,
    definition,
    {{ ratio("numerator", "denominator") }} as value,  -- noqa: RF04
    {{ ratio("our_numerator", "our_denominator") }} as our_value,
    {{ ratio("numerator", "denominator") }} - {{ ratio("our_numerator", "our_denominator") }} as difference,
    {{ money4("numerator") }} as numerator,
    {{ money4("denominator") }} as denominator,
    {{ money4("our_numerator") }} as our_numerator,
    {{ money4("our_denominator") }} as our_denominator,
    line_count,
    explanation,
    month_index = as_of_month and as_of < last_day(as_of) as is_partial
from figures
union all by name
{{ closed_rows("metric_definitions_compared", "month") }}
