select r.*
from
    (
        {{
            parts_by_column(
                in_file("revenue_parts"),
                ["month", "currency"],
                [
                    ("opening", "", part_money("p.deferred_opening_minor")),
                    ("billed", "", part_money("p.billed_minor")),
                    (
                        "recognized",
                        "",
                        part_money(
                            "p.recognized_minor - p.contract_asset_closing_minor + p.asset_opening_minor"
                            ~ " + p.deferred_modified_minor"
                        ),
                    ),
                    ("credited", "", part_money("p.credited_minor")),
                    ("modified", "", part_money("p.deferred_modified_minor")),
                    ("closing", "", part_money("p.deferred_closing_minor")),
                    ("contract_asset_closing", "", part_money("p.contract_asset_closing_minor")),
                    ("revenue", "", part_money("p.recognized_minor")),
                ],
            )
        }}
    ) as r
semi join
    {{ in_file("deferred_revenue_rollforward") }} as d
    on r.tenant_id = d.tenant_id
    and r.month = d.month
    and r.currency = d.currency
