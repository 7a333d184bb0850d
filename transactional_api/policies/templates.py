"""Policies to begin with. `standard` also holds where a tenant has no active policy of its own."""

from dataclasses import dataclass, replace
from typing import Literal

from transactional_api.policies.rules import Approver, Policy, Rule

STANDARD = "standard"

FINANCE = Approver("finance_review", "finance", 24, "admin")
EXECUTIVE = Approver("executive", "approver", 48, "admin")
_LIMITS = (("low", 30), ("medium", 20), ("high", 10))


@dataclass(frozen=True)
class Template:
    name: str
    description: str
    policy: Policy


def _discounts(outcome: Literal["route", "block"]) -> tuple[Rule, ...]:
    asked = (FINANCE.name,) if outcome == "route" else ()
    return tuple(
        Rule(
            f"discount-{risk}",
            {"risk": f"'{risk}'", "discount_percent": f"> {limit}"},
            outcome,
            f"a deal of {risk} risk gets at most {limit} % discount",
            asked,
        )
        for risk, limit in _LIMITS
    )


def _terms(outcome: Literal["route", "block"]) -> Rule:
    asked = (FINANCE.name,) if outcome == "route" else ()
    when = {"payment_terms_days": "> 60"}
    return Rule("payment-terms", when, outcome, "payment is due within 60 days", asked)


_HARD = (
    Rule("minimum-price", {"list_price_percent": "< 50"}, "block", "no product is sold below half of its list price"),
    Rule(
        "excluded-products",
        {"product_id": "in ['not-for-sale']"},
        "block",
        "the product is not sold; put your own exclusions here",
    ),
)
_DEEP = Rule(
    "discount-deep", {"discount_percent": "> 40"}, "route", "an executive agrees to more than 40 %", (EXECUTIVE.name,)
)

_standard = Policy((*_discounts("route"), _DEEP, _terms("route"), *_HARD), (FINANCE, EXECUTIVE))
TEMPLATES: tuple[Template, ...] = (
    Template(
        STANDARD,
        "Discounts above 30, 20 and 10 % by risk and terms beyond 60 days go to finance review, more than 40 % to an"
        " executive as well, one after the other; below half of the list price and excluded products are blocked.",
        _standard,
    ),
    Template(
        "parallel_review", "As standard, but everybody is asked at the same time.", replace(_standard, order="parallel")
    ),
    Template(
        "strict",
        "The same limits, and whatever goes beyond them is blocked; nobody can agree to it.",
        Policy((*_discounts("block"), _terms("block"), *_HARD)),
    ),
)
BY_NAME = {template.name: template for template in TEMPLATES}
