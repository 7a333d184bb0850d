-- A view: two lines of three are of what a month earned, and say again what stands once in int_ledger__recognition.
{{ config(materialized="view") }}

select *
from {{ in_any_file(ref("int_ledger__document_lines")) }}
union all by name
{{ journal_lines(in_any_file(ref("int_ledger__revenue_legs")), in_view=true) }}
union all by name
select *
from {{ in_any_file(ref("int_ledger__lines_closed")) }}
