-- One line, one document. Each round takes the pairs in which both sides prefer each other; what is left tries again.
-- Whoever is left after the last round is listed as unmatched, not guessed.
{% set rounds = 5 %}
with
    left_1 as (select * from {{ ref("int_bank__pairs_scored") }} where score >= 55),

    {% for round in range(1, rounds + 1) %}
        chosen_{{ round }} as (
            {{
                mutual_best(
                    "left_" ~ round,
                    "bank_line_id",
                    "document_key",
                    "score desc, place_gap, abs(booked_on - document_on)",
                )
            }}
        ),
        left_{{ round + 1 }} as (
            select l.*
            from left_{{ round }} as l
            anti join chosen_{{ round }} as c using (tenant_id, bank_line_id)
            anti join chosen_{{ round }} as d using (tenant_id, document_key)
        ),
    {% endfor %}

    chosen as (
        {% for round in range(1, rounds + 1) %}
            {% if not loop.first %}
                union all
            {% endif %}
            select *
            from chosen_{{ round }}
        {% endfor %}
    )

select
    tenant_id,
    bank_line_id,
    document_key,
    least(line_minor, document_minor)::bigint as matched_minor,
    least(score, 100) as score,
    reasons
from chosen
