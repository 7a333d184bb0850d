select * from ({{ tax_invoices() }}) where is_apart
