"""A quote as the text that is signed: the same quote is always the same bytes, and says everything by itself."""

from collections.abc import Mapping

from transactional_api.deals.tables import Deal
from transactional_api.kit.money import to_text
from transactional_api.quotes.tables import Quote, QuoteLine

MEDIA_TYPE = "text/plain; charset=utf-8"


def render(quote: Quote, deal: Deal, seller: str, customer_name: str | None, product_names: Mapping[str, str]) -> str:
    """Amounts are without tax. Every line ends in a line feed."""
    rows = [
        f"QUOTE {quote.quote_id} (no. {quote.quote_no} of deal {deal.deal_id})",
        "",
        f"Seller:         {seller}",
        f"Customer:       {customer_name or quote.customer_id or 'not named'}",
        f"Deal:           {deal.name or deal.deal_id}",
        f"Made on:        {quote.created_at.date().isoformat()} (UTC)",
        f"Valid until:    {quote.valid_until.isoformat()} (the first day on which it is over)",
        f"Currency:       {quote.currency}",
        f"Payment terms:  {quote.payment_terms_days} days",
        f"Billed:         {'every ' + quote.billing_interval if quote.billing_interval else 'once'}",
        "",
        "LINES (without tax)",
    ]
    for line in quote.lines:
        rows += ["", *_line(line, quote.currency, product_names)]
    rows += ["", f"TOTAL WITHOUT TAX: {to_text(quote.total_minor, quote.currency)} {quote.currency}"]
    return "\n".join(rows) + "\n"


def _line(line: QuoteLine, currency: str, product_names: Mapping[str, str]) -> list[str]:
    name = product_names.get(line.product_id, line.product_id) if line.product_id else None
    rows = [
        f"{line.line_no}. {name or line.description or 'item'}",
        f"   Quantity:    {format(line.quantity, 'f')}",
        f"   Unit amount: {to_text(line.unit_amount_minor, currency)}",
        f"   Discount:    {format(line.discount_percent, 'f')} % = {to_text(line.discount_minor, currency)}",
        f"   Net:         {to_text(line.net_minor, currency)}",
    ]
    if name and line.description:
        rows.insert(1, f"   {line.description}")
    if line.service_starts_on and line.service_ends_on:
        rows.append(
            f"   Service:     {line.service_starts_on.isoformat()} to {line.service_ends_on.isoformat()}, inclusive"
        )
    return rows
