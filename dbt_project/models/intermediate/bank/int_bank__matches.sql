-- Every match with where it comes from; a person's word first, and nothing else touches what it settled.
select
    tenant_id,
    bank_line_id,
    document_key,
    matched_minor,
    100 as score,
    'confirmed by a person' as reasons,
    'confirmed' as status
from {{ ref("int_bank__confirmed") }}
union all
{% for model in ["groups_named", "pairs_matched", "batches_matched"] %}
    {% if not loop.first %}
        union all
    {% endif %}
    select tenant_id, bank_line_id, document_key, matched_minor, score, reasons, {{ bank_status("score") }}
    from {{ ref("int_bank__" ~ model) }}
    where matched_minor > 0
{% endfor %}
