-- Sums of up to eight steps in a row within a week, and the line that each may be. Every step ends at most eight sums,
-- so the list grows with the documents and not with their combinations.
with
    steps as (
        select
            tenant_id,
            currency,
            is_incoming,
            scope,
            scope_id,
            place,
            document_on,
            max(name_text) as name_text,
            sum(open_minor) as step_minor,
            count(*) as documents
        from {{ ref("int_bank__batch_steps") }}
        group by all
    ),

    running as (
        select *, sum(step_minor) over so_far as minor_so_far, sum(documents) over so_far as documents_so_far
        from steps
        window so_far as (partition by tenant_id, currency, is_incoming, scope, scope_id order by place)
    ),

    firsts as (select *, unnest(range(place, place + 8)) as last_place from running),

    sums as (
        select
            l.tenant_id,
            l.currency,
            l.is_incoming,
            l.scope,
            l.scope_id,
            f.place as first_place,
            l.place as last_place,
            l.document_on as last_on,
            l.name_text,
            l.documents_so_far - f.documents_so_far + f.documents as documents,
            l.minor_so_far - f.minor_so_far + f.step_minor as total_minor,
            unnest(range(0, 6)) as gap
        from running as l
        inner join
            firsts as f
            on l.tenant_id = f.tenant_id
            and l.currency = f.currency
            and l.is_incoming = f.is_incoming
            and l.scope = f.scope
            and l.scope_id = f.scope_id
            and l.place = f.last_place
        where l.document_on - f.document_on <= 7 and l.documents_so_far - f.documents_so_far + f.documents > 1
    ),

    lines as (
        select b.*
        from {{ ref("int_bank__open_lines") }} as b
        anti join {{ ref("int_bank__groups_named") }} using (tenant_id, bank_line_id)
        anti join {{ ref("int_bank__pairs_matched") }} using (tenant_id, bank_line_id)
    ),

    met as (
        select
            s.*,
            b.bank_line_id,
            b.open_minor as line_minor,
            b.open_minor = s.total_minor as is_exact,
            coalesce(
                s.scope = 'customer'
                and (
                    b.customer_id = s.scope_id
                    or (length(s.name_text) >= 4 and contains(b.line_text, s.name_text))
                    or jaro_winkler_similarity(b.counterparty_text, s.name_text) >= 0.9
                ),
                false
            ) as is_same_party
        from lines as b
        inner join
            sums as s
            on b.tenant_id = s.tenant_id
            and b.currency = s.currency
            and b.is_incoming = s.is_incoming
            and b.booked_on = s.last_on + s.gap::integer
        where
            b.open_minor = s.total_minor
            -- What a payment provider pays out is days less its fee; a customer's own payment is never less.
            or (s.scope <> 'customer' and b.open_minor < s.total_minor and b.open_minor * 100 >= s.total_minor * 95)
    )

select
    *,
    concat_ws(':', scope, scope_id, first_place, last_place, currency, is_incoming) as batch_id,
    case when is_exact then 50 else 25 end
    + case when scope = 'method' or is_same_party then 25 when scope = 'day' then 20 else 0 end
    + {{ day_points("gap") }} as score,
    concat_ws(
        ', ',
        case when is_exact then 'sum' else 'sum less a fee' end,
        case
            scope
            when 'customer'
            then documents || ' documents of one customer'
            when 'day'
            then documents || ' documents of whole days'
            else documents || ' documents of whole days by ' || scope_id
        end,
        case when is_same_party then 'name' end,
        case when gap = 0 then 'same day' else gap || case when gap = 1 then ' day later' else ' days later' end end
    ) as reasons
from met
