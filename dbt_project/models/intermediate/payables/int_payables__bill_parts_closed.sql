{{ parts_closed("payable_parts") }}
