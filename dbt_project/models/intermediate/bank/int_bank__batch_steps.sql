-- Documents still open, in the order of days within whatever one line may settle together: a customer's documents one
-- by one, and whole days of all documents and of each method.
with
    documents as (
        select d.*
        from {{ ref("int_bank__open_documents") }} as d
        anti join {{ ref("int_bank__groups_named") }} using (tenant_id, document_key)
        anti join {{ ref("int_bank__pairs_matched") }} using (tenant_id, document_key)
    ),

    scoped as (
        select *, 'customer' as scope, customer_id as scope_id, document_key as step_key
        from documents
        where customer_id is not null
        union all
        select *, 'day', '', ''
        from documents
        where is_incoming
        union all
        select *, 'method', method, ''
        from documents
        where is_incoming and method is not null
    )

select
    tenant_id,
    currency,
    is_incoming,
    scope,
    scope_id,
    document_on,
    document_key,
    open_minor,
    name_text,
    dense_rank() over (
        partition by tenant_id, currency, is_incoming, scope, scope_id order by document_on, step_key
    ) as place
from scoped
