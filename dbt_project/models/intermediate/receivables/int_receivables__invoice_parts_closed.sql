{{ parts_closed("receivable_parts") }}
