select * exclude (revenue_source_id), revenue_source_id as source_id
from
    (
        {{
            parts_by_column(
                in_file("revenue_parts"),
                ["source_kind", "revenue_source_id", "month"],
                [
                    ("recognized", "", part_money("p.recognized_minor")),
                    ("recognized_to_date", "", part_money("p.recognized_to_date_minor")),
                    ("deferred_closing", "", part_money("p.deferred_closing_minor")),
                    ("contract_asset_closing", "", part_money("p.contract_asset_closing_minor")),
                ],
            )
        }}
    )
