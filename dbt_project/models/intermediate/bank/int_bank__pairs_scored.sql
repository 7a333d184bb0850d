-- What speaks for each candidate, in points of 100: amount 50, reference 40, who 25, day 10, being the only one 20.
with
    candidates as (
        select a.*, false as is_named
        from {{ ref("int_bank__pairs_of_amount") }} as a
        anti join {{ ref("int_bank__pairs_named") }} using (tenant_id, bank_line_id, document_key)
        union all by name
        select p.*, coalesce(a.place_gap, 0) as place_gap, true as is_named
        from {{ ref("int_bank__pairs_named") }} as p
        left join {{ ref("int_bank__pairs_of_amount") }} as a using (tenant_id, bank_line_id, document_key)
        anti join {{ ref("int_bank__groups_named") }} as g using (tenant_id, bank_line_id)
        anti join {{ ref("int_bank__groups_named") }} as h using (tenant_id, document_key)
    ),

    told as (
        select
            c.*,
            c.line_minor = c.document_minor as is_same_amount,
            c.line_minor < c.document_minor
            and (c.document_minor - c.line_minor)::hugeint * 100 <= c.document_minor::hugeint * 5 as is_less_fee,
            coalesce(
                b.customer_id = d.customer_id
                or (length(d.name_text) >= 4 and contains(b.line_text, d.name_text))
                or jaro_winkler_similarity(b.counterparty_text, d.name_text) >= 0.9,
                false
            ) as is_same_party,
            coalesce(
                b.customer_id <> d.customer_id
                or (b.customer_id is null and jaro_winkler_similarity(b.counterparty_text, d.name_text) < 0.9),
                false
            ) as is_other_party,
            count(*) over (partition by c.tenant_id, c.bank_line_id) = 1
            and count(*) over (partition by c.tenant_id, c.document_key) = 1 as is_only_one
        from candidates as c
        inner join {{ ref("int_bank__open_lines") }} as b using (tenant_id, bank_line_id)
        inner join {{ ref("int_bank__open_documents") }} as d using (tenant_id, document_key)
    )

select
    *,
    case when is_same_amount then 50 when is_less_fee then 25 else 10 end
    + case when is_named then 40 else 0 end
    + case when is_same_party then 25 when is_other_party then -30 else 0 end
    + {{ day_points("booked_on - document_on") }}
    + case when is_only_one and is_same_amount then 20 else 0 end as score,
    concat_ws(
        ', ',
        case
            when is_same_amount
            then 'amount'
            when is_less_fee
            then 'amount less a fee'
            when line_minor < document_minor
            then 'part of the amount'
            else 'more than the amount'
        end,
        case when is_named then 'reference' end,
        case when is_same_party then 'name' when is_other_party then 'another name' end,
        case
            when booked_on = document_on
            then 'same day'
            else
                abs(booked_on - document_on)
                || case when abs(booked_on - document_on) = 1 then ' day ' else ' days ' end
                || case when booked_on > document_on then 'later' else 'before' end
        end,
        case when is_only_one and is_same_amount then 'only candidate' end
    ) as reasons
from told
