"""Making a quote: priced, judged by the policy in force, and approved, routed or blocked in the same transaction."""

from collections.abc import Sequence
from datetime import date

from transactional_api.approvals import service as approvals
from transactional_api.approvals.rules import Asked
from transactional_api.customers.service import get_customer
from transactional_api.database import UnitOfWork
from transactional_api.deals import service as deals
from transactional_api.deals.errors import DealClosed
from transactional_api.deals.rules import CLOSED
from transactional_api.deals.tables import Deal
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.policies import service as policies
from transactional_api.policies.rules import Verdict
from transactional_api.products.errors import ProductNotFound
from transactional_api.products.tables import Product
from transactional_api.quotes import facts, repository, rules
from transactional_api.quotes.rules import NewLine, PricedLine
from transactional_api.quotes.service import SUBJECT, supersede
from transactional_api.quotes.tables import Quote, QuoteLine, QuoteViolation
from transactional_api.signatures.closing import void_open

DEFAULT_TERMS = 30


def submit_quote(
    unit: UnitOfWork,
    deal_id: str,
    *,
    lines: Sequence[NewLine],
    currency: str,
    payment_terms_days: int | None = None,
    valid_until: date | None = None,
    billing_interval: str | None = None,
    quote_id: str | None = None,
) -> Quote:
    """Takes the place of the deal's open quote. Terms default to the deal's, else 30 days; validity to 30 days."""
    deal = deals.get_deal_locked(unit, deal_id)
    if deal.stage in CLOSED:
        raise DealClosed(deal_id, deal.stage)
    exponent(currency)
    if not lines:
        raise ValueRefused("a quote has at least one line", "lines")
    today = unit.now.date()
    valid_until = valid_until or today + rules.VALID_FOR
    rules.check_validity(today, valid_until)
    if payment_terms_days is None:
        payment_terms_days = DEFAULT_TERMS if deal.payment_terms_days is None else deal.payment_terms_days
    known = _products(unit, lines)
    priced = [(line, rules.price_line(line, f"lines.{at}.")) for at, line in enumerate(lines)]
    total = checked_minor(sum(one.net_minor for _, one in priced), "lines")
    policy = policies.in_force(unit)
    told = facts.of_quote(
        deal,
        get_customer(unit, deal.customer_id) if deal.customer_id else None,
        known,
        priced,
        currency=currency,
        payment_terms_days=payment_terms_days,
        valid_for_days=facts.days_between(today, valid_until),
        billing_interval=billing_interval,
    )
    verdict = policy.compiled.evaluate(told)
    _make_room(unit, deal)
    quote = Quote(
        tenant_id=unit.tenant_id,
        quote_id=id_or_new(quote_id, "quote", "quote_id"),
        deal_id=deal_id,
        quote_no=repository.last_no(unit.session, deal_id) + 1,
        customer_id=deal.customer_id,
        status=rules.STATUS_OF[verdict.outcome],
        verdict=verdict.outcome,
        currency=currency,
        total_minor=total,
        payment_terms_days=payment_terms_days,
        valid_until=valid_until,
        billing_interval=billing_interval,
        policy_id=policy.policy_id,
        policy_version=policy.version_no,
        policy_sha256=policy.sha256,
        facts=facts.write(told),
        created_at=unit.now,
        created_by=unit.actor,
    )
    add(unit.session, quote)
    quote.lines.extend(_line(quote, number, *one) for number, one in enumerate(priced, start=1))
    _act_on(unit, deal, quote, verdict)
    return quote


def _make_room(unit: UnitOfWork, deal: Deal) -> None:
    """Written at once, since the database knows that a deal has one open quote."""
    earlier = repository.open_of(unit.session, deal.deal_id)
    if earlier is None:
        return
    supersede(unit, earlier)
    void_open(unit, deal)
    unit.session.flush()


def _act_on(unit: UnitOfWork, deal: Deal, quote: Quote, verdict: Verdict) -> None:
    for number, violation in enumerate(verdict.violations, start=1):
        quote.violations.append(
            QuoteViolation(
                tenant_id=unit.tenant_id,
                quote_id=quote.quote_id,
                violation_no=number,
                rule_id=violation.rule_id,
                outcome=violation.outcome,
                line_no=violation.line_no,
                message=violation.message,
            )
        )
    if verdict.outcome == "pass":
        quote.approved_at = deal.quote_sent_at = unit.now
    elif verdict.outcome == "route":
        steps = [
            Asked(
                step.position,
                step.name,
                role=step.role,
                deadline_hours=step.deadline_hours,
                escalation_role=step.escalation_role,
            )
            for step in verdict.steps
        ]
        request = approvals.request_approval(
            unit, subject_kind=SUBJECT, subject_id=quote.quote_id, steps=steps, customer_id=quote.customer_id
        )
        quote.approval_request_id = request.request_id


def _products(unit: UnitOfWork, lines: Sequence[NewLine]) -> dict[str, Product]:
    known = repository.products(unit.session, [line.product_id for line in lines if line.product_id is not None])
    for at, line in enumerate(lines):
        if line.product_id is not None and line.product_id not in known:
            raise ProductNotFound(line.product_id, f"lines.{at}.product_id")
    return known


def _line(quote: Quote, number: int, line: NewLine, priced: PricedLine) -> QuoteLine:
    return QuoteLine(
        tenant_id=quote.tenant_id,
        quote_id=quote.quote_id,
        line_no=number,
        product_id=line.product_id,
        description=line.description,
        quantity=line.quantity,
        unit_amount_minor=line.unit_amount_minor,
        discount_percent=line.discount_percent,
        discount_minor=priced.discount_minor,
        net_minor=priced.net_minor,
        service_starts_on=line.service_starts_on,
        service_ends_on=line.service_ends_on,
    )
