"""What a version of a policy would have decided: over past quotes by the facts that they were judged by, and over deals
that never had one by what the deal says of itself. Writes nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from transactional_api.database import UnitOfWork
from transactional_api.policies import rules, service
from transactional_api.policies.errors import PolicyFaulty, WindowRefused
from transactional_api.quotes import facts, repository

MAX_SUBJECTS = 5_000
UNGUARDED = "unguarded"


@dataclass(frozen=True)
class Simulated:
    """`happened` and `would` are outcomes of a verdict; a deal without a quote was unguarded."""

    subject: str
    subject_id: str
    deal_id: str
    happened: str
    would: str
    rule_ids: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """An unguarded deal that would pass is nothing new."""
        return self.would != ("pass" if self.happened == UNGUARDED else self.happened)


@dataclass(frozen=True)
class Simulation:
    version_no: int
    results: tuple[Simulated, ...]

    @property
    def would(self) -> Counter[str]:
        return Counter(result.would for result in self.results)

    @property
    def changed(self) -> tuple[Simulated, ...]:
        return tuple(result for result in self.results if result.is_new)

    @property
    def newly(self) -> Counter[str]:
        return Counter(result.would for result in self.changed)


def simulate(
    unit: UnitOfWork, policy_id: str, version_no: int | None, created_from: date, created_before: date
) -> Simulation:
    """Over what was created from one day up to before another, in UTC. A version with faults decides nothing."""
    if created_before <= created_from:
        raise WindowRefused("a window ends after it starts", "created_before")
    policy = service.get_policy(unit, policy_id)
    version = service.get_version(unit, policy, version_no or policy.latest_version)
    if found := service.faults_of(rules.read(version.content)):
        raise PolicyFaulty(len(found), f"{found[0].row}, {found[0].column}: {found[0].message}")
    compiled = rules.compiled(version.content)
    results = tuple(_judged(unit, compiled, _instant(created_from), _instant(created_before)))
    return Simulation(version.version_no, results)


def _judged(unit: UnitOfWork, compiled: rules.Compiled, start: datetime, end: datetime) -> Iterator[Simulated]:
    quotes = repository.created_between(unit.session, start, end, MAX_SUBJECTS + 1)
    deals = repository.deals_without_quote(unit.session, start, end, MAX_SUBJECTS + 1)
    if len(quotes) + len(deals) > MAX_SUBJECTS:
        raise WindowRefused(f"a window holds at most {MAX_SUBJECTS} quotes and deals", "created_before")
    for quote in quotes:
        verdict = compiled.evaluate(facts.read(quote.facts))
        yield Simulated("quote", quote.quote_id, quote.deal_id, quote.verdict, verdict.outcome, _rule_ids(verdict))
    customers = repository.customers(unit.session, [deal.customer_id for deal in deals if deal.customer_id])
    products = repository.products(unit.session, [deal.product_id for deal in deals if deal.product_id])
    for deal in deals:
        customer = customers.get(deal.customer_id) if deal.customer_id else None
        verdict = compiled.evaluate(facts.of_deal(deal, customer, products))
        yield Simulated("deal", deal.deal_id, deal.deal_id, UNGUARDED, verdict.outcome, _rule_ids(verdict))


def _rule_ids(verdict: rules.Verdict) -> tuple[str, ...]:
    return tuple(dict.fromkeys(violation.rule_id for violation in verdict.violations))


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
