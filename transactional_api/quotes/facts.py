"""What a policy is told of a quote. Kept with the quote as JSON, so that any policy can be asked about it later.

Nothing personal. A deal without a risk counts as one of high risk, so that leaving it out never widens a limit.
"""

import json
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from transactional_api.customers.tables import Customer
from transactional_api.deals.tables import Deal
from transactional_api.kit.money import exponent
from transactional_api.policies.rules import FACTS, Facts
from transactional_api.products.tables import Product
from transactional_api.quotes.rules import NewLine, PricedLine, net_unit, price_line

UNRATED = "high"
MOST_PERCENT = Decimal(10**12)
_EIGHT = Decimal("1e-8")


def of_quote(
    deal: Deal,
    customer: Customer | None,
    known: dict[str, Product],
    lines: Sequence[tuple[NewLine, PricedLine]],
    *,
    currency: str,
    payment_terms_days: int | None,
    valid_for_days: int | None,
    billing_interval: str | None,
) -> Facts:
    ids = [line.product_id for line, _ in lines]
    decimals = exponent(currency)
    quote = {
        "billing_interval": billing_interval,
        "country": customer.country if customer else None,
        "currency": currency,
        "highest_discount_percent": max((line.discount_percent for line, _ in lines), default=Decimal(0)),
        "payment_terms_days": payment_terms_days,
        "product_ids": sorted({one for one in ids if one is not None}),
        "risk": deal.risk or UNRATED,
        "segment": customer.segment if customer else None,
        "total_amount": Decimal(sum(priced.net_minor for _, priced in lines)).scaleb(-decimals),
        "valid_for_days": valid_for_days,
    }
    told = []
    for at, (line, priced) in enumerate(lines):
        product = known.get(line.product_id) if line.product_id else None
        unit_amount = Decimal(line.unit_amount_minor).scaleb(-decimals)
        net = net_unit(unit_amount, line.discount_percent)
        others = {one for where, one in enumerate(ids) if where != at and one is not None}
        told.append(
            {
                "discount_percent": line.discount_percent,
                "list_price_percent": _percent_of_list(net, product, currency),
                "net_amount": Decimal(priced.net_minor).scaleb(-decimals),
                "net_unit_amount": net,
                "other_product_ids": sorted(others),
                "product_id": line.product_id,
                "product_kind": product.kind if product else None,
                "quantity": line.quantity,
                "unit_amount": unit_amount,
            }
        )
    return Facts(quote, tuple(told))


def of_deal(deal: Deal, customer: Customer | None, known: dict[str, Product]) -> Facts:
    """As if the deal were quoted as it stands: one line of its product, its amount being what is left after discount.

    The amount before the discount is not known, so the line says nothing of prices beyond what is."""
    minor = deal.amount_minor or 0
    line = NewLine(minor, product_id=deal.product_id)
    facts = of_quote(
        deal,
        customer,
        known,
        [(line, price_line(line, "amount."))],
        currency=deal.currency or "USD",
        payment_terms_days=deal.payment_terms_days,
        valid_for_days=None,
        billing_interval=None,
    )
    discount = deal.discount_percent or Decimal(0)
    unknown = dict.fromkeys(("list_price_percent", "net_unit_amount", "quantity", "unit_amount"))
    told = dict(facts.lines[0]) | unknown | {"discount_percent": discount}
    whole = dict(facts.quote) | {"highest_discount_percent": discount}
    if deal.amount_minor is None:
        whole["total_amount"] = told["net_amount"] = None
    return Facts(whole, (told,))


def write(facts: Facts) -> str:
    """Decimals as text."""
    content = {"quote": dict(facts.quote), "lines": [dict(line) for line in facts.lines]}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text)


def read(content: str) -> Facts:
    found = json.loads(content)
    return Facts(_typed(found["quote"]), tuple(_typed(line) for line in found["lines"]))


def days_between(today: date, valid_until: date) -> int:
    return (valid_until - today).days


def _typed(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if FACTS[name] == "number" and isinstance(value, str) else value
        for name, value in facts.items()
        if name in FACTS
    }


def _text(value: Any) -> str:
    assert isinstance(value, Decimal)
    return format(value, "f")


def _percent_of_list(net: Decimal, product: Product | None, currency: str) -> Decimal | None:
    """Cut off, not rounded, after eight decimals, so that what is below a limit stays below it. Null without a list
    price in the quote's currency."""
    if product is None or not product.standalone_price_minor or product.currency != currency:
        return None
    with localcontext(prec=60):
        listed = Decimal(product.standalone_price_minor).scaleb(-exponent(currency))
        return min((net * 100 / listed).quantize(_EIGHT, ROUND_DOWN), MOST_PERCENT)
