with legs as ({{ document_legs() }}) {{ journal_lines("legs") }}
