"""Invents a subscription company, month by month, from a seed.

Everything is a plain row in the shape of the drop's data sets (amounts as Decimal in currency units), so that the same
company can be written through the core, dropped as CSV, or both. The same seed gives the same rows.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from iso4217 import Currency

Row = dict[str, Any]

PLANS = {  # monthly list price in USD, unit cost
    "starter": (Decimal("29"), Decimal("6")),
    "team": (Decimal("79"), Decimal("15")),
    "business": (Decimal("199"), Decimal("34")),
}
PER_USD = {
    "USD": Decimal(1),
    "EUR": Decimal("0.92"),
    "GBP": Decimal("0.79"),
    "JPY": Decimal(145),
    "KWD": Decimal("0.31"),
}
COUNTRIES = {
    "USD": [("US", Decimal(0))],
    "EUR": [("DE", Decimal("0.19")), ("FR", Decimal("0.20")), ("NL", Decimal("0.21"))],
    "GBP": [("GB", Decimal("0.20"))],
    "JPY": [("JP", Decimal("0.10"))],
    "KWD": [("KW", Decimal(0))],
}
SEGMENTS = {"smb": (0.60, 0.028, 8), "mid_market": (0.32, 0.014, 40), "enterprise": (0.08, 0.007, 160)}
CHANNELS = ("organic", "paid_search", "partner", "outbound", "event")
FIRST = (
    "North",
    "Blue",
    "Silver",
    "Green",
    "Bright",
    "Stone",
    "Clear",
    "Swift",
    "Harbor",
    "Maple",
    "Iron",
    "Summit",
)
SECOND = (
    "field",
    "wave",
    "bridge",
    "works",
    "path",
    "light",
    "forge",
    "point",
    "ridge",
    "loop",
    "mark",
    "yard",
)
SHOP = {
    "card reader": ("49.00", "31.50"),
    "receipt printer": ("119.00", "82.00"),
    "paper rolls": ("12.90", "5.25"),
}


@dataclass
class Company:
    """Rows per data set; `as_of` is the last day that the company knows."""

    as_of: date
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, data_set: str, **values: Any) -> Row:
        row = {name: value for name, value in values.items() if value is not None}
        self.rows.setdefault(data_set, []).append(row)
        return row

    def __getitem__(self, data_set: str) -> list[Row]:
        return self.rows.get(data_set, [])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half-up at the currency's own number of decimals."""
    exponent = Currency(currency).exponent or 0
    return amount.quantize(Decimal(1).scaleb(-exponent), ROUND_HALF_UP)


def month_later(day: date, months: int) -> date:
    """`months` after `day`; days are at most 28, so the day always exists."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)


def invent_company(
    seed: int,
    customers: int = 420,
    months: int = 36,
    as_of: date = date(2026, 10, 31),
    currencies: tuple[tuple[str, float], ...] = (("USD", 0.55), ("EUR", 0.30), ("GBP", 0.15)),
    sales_per_month: int = 60,
) -> Company:
    """The whole company. Weights of `currencies` sum to 1; the first is what rates are quoted against."""
    rng = random.Random(seed)
    company = Company(as_of)
    first_month = month_later(as_of.replace(day=1), 1 - months)
    _products(company, currencies[0][0])
    for number in range(1, customers + 1):
        _customer(company, rng, number, first_month, months, currencies)
    _lost_and_open_deals(company, rng, customers, first_month, currencies[0][0])
    _shop(company, rng, first_month, months, sales_per_month, currencies[0][0])
    _rates(company, rng, first_month, currencies)
    return company


def _products(company: Company, currency: str) -> None:
    for plan, (price, cost) in PLANS.items():
        company.add(
            "products",
            product_id=plan,
            name=plan.title(),
            kind="subscription",
            standalone_price=rounded(price * PER_USD[currency], currency),
            unit_cost=rounded(cost * PER_USD[currency], currency),
            currency=currency,
            recognition="over_time",
        )
    company.add("products", product_id="onboarding", name="Onboarding", kind="one_time", recognition="point_in_time")
    company.add("products", product_id="api_calls", name="API calls", kind="usage", recognition="over_time")


@dataclass
class _Life:
    """What one customer is made of while its months are played through."""

    customer_id: str
    subscription_id: str
    currency: str
    country: str
    tax_rate: Decimal
    plan: str
    quantity: int
    yearly: bool
    terms: int
    discount: int
    discount_ends_on: date | None
    has_usage: bool


def _weighted(rng: random.Random, choices: tuple[tuple[str, float], ...]) -> str:
    return rng.choices([name for name, _ in choices], [weight for _, weight in choices])[0]


def _customer(
    company: Company,
    rng: random.Random,
    number: int,
    first_month: date,
    months: int,
    currencies: tuple[tuple[str, float], ...],
) -> None:
    currency = _weighted(rng, currencies)
    country, tax_rate = rng.choice(COUNTRIES[currency])
    segment = _weighted(rng, tuple((name, weight) for name, (weight, _, _) in SEGMENTS.items()))
    _, hazard, seats = SEGMENTS[segment]
    begins = int((months - 1) * rng.random() ** 0.8)
    start = month_later(first_month, begins).replace(day=rng.randint(1, 28))
    if start > company.as_of:
        start = company.as_of.replace(day=1)
    customer_id = f"C{number:05d}"
    channel = rng.choice(CHANNELS)
    name = f"{rng.choice(FIRST)}{rng.choice(SECOND)} {number}"
    company.add(
        "customers",
        customer_id=customer_id,
        name=name,
        email=f"billing@{name.lower().replace(' ', '-')}.example",
        country=country,
        segment=segment,
        industry=rng.choice(("software", "retail", "health", "finance", "media")),
        acquisition_channel=channel,
        created_on=start - timedelta(days=rng.randint(5, 60)),
        currency=currency,
    )
    life = _Life(
        customer_id,
        f"S{number:05d}",
        currency,
        country,
        tax_rate,
        rng.choices(list(PLANS), [0.5, 0.35, 0.15])[0],
        rng.randint(1, seats),
        rng.random() < 0.18,
        rng.choice((14, 30, 30, 45)),
        rng.choice((10, 15, 20)) if rng.random() < 0.15 else 0,
        None,
        rng.random() < 0.25,
    )
    if life.discount:
        life.discount_ends_on = month_later(start, rng.randint(3, 12))
    _won_deal(company, rng, number, life, start, channel)
    trial_ends_on = start + timedelta(days=14) if rng.random() < 0.2 else None
    ended = _live(company, rng, life, start, trial_ends_on, hazard)
    if ended is not None and rng.random() < 0.25:
        again = month_later(ended, rng.randint(2, 5))
        if again <= company.as_of:
            life.subscription_id += "-2"
            life.discount = 0
            _live(company, rng, life, again, None, hazard * 0.6)


def _unit_price(life: _Life, raises: int) -> Decimal:
    price = PLANS[life.plan][0] * PER_USD[life.currency] * (10 if life.yearly else 1)
    return rounded(price * (Decimal("1.05") ** raises), life.currency)


def _live(
    company: Company, rng: random.Random, life: _Life, start: date, trial_ends_on: date | None, hazard: float
) -> date | None:
    """Plays one subscription to its end or to the as-of date. Returns the day it ended, None while it lives."""
    step = 12 if life.yearly else 1
    raises = 0
    paused: tuple[date, date] | None = None
    period_start, day, months = start, start, 0
    while day <= company.as_of:
        next_day = month_later(start, months + step)
        if months and months % 12 == 0 and rng.random() < 0.5:
            _period(company, life, period_start, day, raises, trial_ends_on, paused)
            raises, period_start, paused = raises + 1, day, None
        elif months and rng.random() < 0.05 * step:
            _period(company, life, period_start, day, raises, trial_ends_on, paused)
            change = rng.random()
            if change < 0.15 and life.plan != "business":
                life.plan = "business" if life.plan == "team" else "team"
            elif change < 0.75:
                life.quantity += max(1, life.quantity // rng.randint(3, 8))
            else:
                life.quantity = max(1, life.quantity - max(1, life.quantity // 5))
            period_start, paused = day, None
        elif not life.yearly and paused is None and months > 2 and rng.random() < 0.006:
            paused = (day, month_later(day, rng.randint(1, 3)))
        if not (paused and paused[0] <= day < paused[1]):
            _invoice(company, rng, life, day, next_day, raises, first=months == 0, trial_ends_on=trial_ends_on)
        months += step
        if not paused and rng.random() < 1 - (1 - hazard) ** step and next_day <= company.as_of:
            reason = "involuntary" if rng.random() < 0.22 else "voluntary"
            _period(company, life, period_start, next_day, raises, trial_ends_on, paused, reason)
            return next_day
        day = next_day
    _period(company, life, period_start, None, raises, trial_ends_on, paused)
    return None


def _period(
    company: Company,
    life: _Life,
    start: date,
    end: date | None,
    raises: int,
    trial_ends_on: date | None,
    paused: tuple[date, date] | None,
    churn_reason: str | None = None,
) -> None:
    company.add(
        "subscriptions",
        subscription_id=life.subscription_id,
        customer_id=life.customer_id,
        started_on=start,
        unit_amount=_unit_price(life, raises),
        currency=life.currency,
        billing_interval="year" if life.yearly else "month",
        item_id=f"{life.subscription_id}-seats",
        product_id=life.plan,
        ended_on=end,
        interval_count=1,
        quantity=life.quantity,
        discount_percent=life.discount or None,
        discount_ends_on=life.discount_ends_on if life.discount else None,
        trial_ends_on=trial_ends_on if trial_ends_on and trial_ends_on > start else None,
        cancel_requested_on=max(start, end - timedelta(days=20)) if end and churn_reason else None,
        churn_reason=churn_reason,
        paused_from=paused[0] if paused else None,
        paused_until=paused[1] if paused else None,
    )


def _invoice(
    company: Company,
    rng: random.Random,
    life: _Life,
    day: date,
    next_day: date,
    raises: int,
    *,
    first: bool,
    trial_ends_on: date | None,
) -> None:
    if trial_ends_on and day < trial_ends_on:
        return
    number = len(company["invoices"]) + 1
    invoice_id = f"INV{number:06d}"
    due_on = day + timedelta(days=life.terms)
    fate = rng.random()
    voided_on = day + timedelta(days=rng.randint(1, 40)) if fate < 0.01 else None
    if voided_on and voided_on > company.as_of:
        voided_on = None
    company.add(
        "invoices",
        invoice_id=invoice_id,
        number=f"{day.year}-{number:06d}",
        customer_id=life.customer_id,
        subscription_id=life.subscription_id,
        issued_on=day,
        due_on=due_on,
        currency=life.currency,
        status="void" if voided_on else "posted",
        voided_on=voided_on,
        ship_to_country=life.country,
    )
    discounted = life.discount and life.discount_ends_on and day < life.discount_ends_on
    lines = [
        (
            life.plan,
            life.quantity,
            _unit_price(life, raises),
            life.discount if discounted else 0,
            day,
            next_day,
        )
    ]
    if life.has_usage:
        price = rounded(Decimal("0.07") * PER_USD[life.currency], life.currency) or Decimal(1)
        lines.append(("api_calls", rng.randint(50, 900), price, 0, day, next_day))
    if first and rng.random() < 0.4:
        lines.append(("onboarding", 1, rounded(Decimal(450) * PER_USD[life.currency], life.currency), 0, day, day))
    total = Decimal(0)
    for at, (product_id, quantity, price, percent, starts, ends) in enumerate(lines, start=1):
        gross = quantity * price
        discount = rounded(gross * percent / 100, life.currency)
        tax = rounded((gross - discount) * life.tax_rate, life.currency)
        total += gross - discount + tax
        company.add(
            "invoice_lines",
            line_id=f"{invoice_id}-{at}",
            invoice_id=invoice_id,
            product_id=product_id,
            quantity=quantity,
            unit_amount=price,
            discount_amount=discount or None,
            net_amount=gross - discount,
            tax_rate=life.tax_rate,
            tax_amount=tax,
            tax_code="standard" if life.tax_rate else "zero_rated",
            service_starts_on=starts,
            service_ends_on=max(starts, ends - timedelta(days=1)),
        )
    if not voided_on:
        _collect(company, rng, life, invoice_id, day, due_on, total)


def _collect(
    company: Company,
    rng: random.Random,
    life: _Life,
    invoice_id: str,
    issued_on: date,
    due_on: date,
    total: Decimal,
) -> None:
    """Pays an invoice on time, late, in two parts, after a failure, or never; now and then credits a part of it."""
    fate = rng.random()
    if fate < 0.015:
        credit = rounded(total * Decimal("0.3"), life.currency)
        on = issued_on + timedelta(days=5)
        if on <= company.as_of and credit:
            company.add(
                "credit_notes",
                credit_note_id=f"CN-{invoice_id}",
                customer_id=life.customer_id,
                invoice_id=invoice_id,
                issued_on=on,
                amount=credit,
                currency=life.currency,
                reason="goodwill",
            )
            total -= credit
    paid_on = due_on + timedelta(days=round(rng.gauss(-2, 5)) if rng.random() < 0.85 else rng.randint(5, 80))
    paid_on = max(paid_on, issued_on)
    method = rng.choice(("card", "bank", "direct_debit"))
    parts: list[tuple[date, Decimal, str]] = []
    if 0.03 < fate < 0.05:
        parts = []
    elif 0.05 < fate < 0.10:
        half = rounded(total / 2, life.currency)
        parts = [
            (paid_on, half, "succeeded"),
            (paid_on + timedelta(days=rng.randint(10, 50)), total - half, "succeeded"),
        ]
    elif 0.10 < fate < 0.12:
        parts = [
            (paid_on - timedelta(days=3), total, "failed"),
            (paid_on + timedelta(days=4), total, "succeeded"),
        ]
    else:
        parts = [(paid_on, total, "succeeded")]
    for at, (received_on, amount, status) in enumerate(parts, start=1):
        if received_on > company.as_of or amount <= 0:
            continue
        payment_id = f"PAY-{invoice_id}-{at}"
        company.add(
            "payments",
            payment_id=payment_id,
            customer_id=life.customer_id,
            received_on=received_on,
            amount=amount,
            currency=life.currency,
            status=status,
            method=method,
        )
        if status == "succeeded":
            company.add(
                "payment_allocations",
                payment_id=payment_id,
                invoice_id=invoice_id,
                allocated_on=received_on,
                amount=amount,
            )


def _deal(company: Company, rng: random.Random, deal_id: str, created: date, stages: list[str], **values: Any) -> None:
    at = created
    touched = f"{created}T09:{rng.randint(1, 59):02d}:00Z"
    for stage in stages:
        company.add("deal_stages", deal_id=deal_id, stage=stage, entered_at=f"{at}T09:00:00Z")
        last = at
        at = min(at + timedelta(days=rng.randint(3, 30)), company.as_of)
    closed = stages[-1] in ("won", "lost")
    company.add(
        "deals",
        deal_id=deal_id,
        created_at=f"{created}T09:00:00Z",
        stage=stages[-1],
        owner=rng.choice(("ada", "grace", "linus", "margaret")),
        risk=rng.choice(("low", "low", "medium", "high")),
        first_touch_at=touched,
        closed_on=last if closed else None,
        expected_close_on=None if closed else company.as_of + timedelta(days=rng.randint(5, 120)),
        **values,
    )


def _won_deal(company: Company, rng: random.Random, number: int, life: _Life, start: date, channel: str) -> None:
    yearly = _unit_price(life, 0) * life.quantity * (1 if life.yearly else 12)
    created = start - timedelta(days=rng.randint(20, 90))
    _deal(
        company,
        rng,
        f"D{number:05d}",
        created,
        ["qualified", "proposal", "negotiation", "won"],
        customer_id=life.customer_id,
        name=f"{life.plan} for {life.customer_id}",
        amount=yearly,
        currency=life.currency,
        product_id=life.plan,
        channel=channel,
    )


def _lost_and_open_deals(
    company: Company, rng: random.Random, customers: int, first_month: date, currency: str
) -> None:
    days = (company.as_of - first_month).days
    for number in range(1, customers + 1):
        is_open = rng.random() < 0.2
        created = company.as_of - timedelta(days=rng.randint(1, 60 if is_open else days))
        last = rng.choice(("qualified", "proposal", "negotiation")) if is_open else "lost"
        stages = ["qualified", "proposal", "negotiation"]
        stages = stages[: stages.index(last) + 1] if is_open else [*stages[: rng.randint(1, 3)], "lost"]
        plan = rng.choice(list(PLANS))
        _deal(
            company,
            rng,
            f"L{number:05d}",
            created,
            stages,
            name=f"{plan} prospect {number}",
            amount=rounded(PLANS[plan][0] * PER_USD[currency], currency) * rng.randint(12, 400),
            currency=currency,
            product_id=plan,
            channel=rng.choice(CHANNELS),
            competitor=rng.choice(("acme", "globex", None)),
        )


def _shop(company: Company, rng: random.Random, first_month: date, months: int, per_month: int, currency: str) -> None:
    """The hardware shop beside the subscriptions: point-of-sale rows with returns."""
    number = 0
    for month in range(months):
        start = month_later(first_month, month)
        for _ in range(per_month):
            day = start + timedelta(days=rng.randint(0, 27))
            product = rng.choice(list(SHOP))
            price, cost = (rounded(Decimal(p) * PER_USD[currency], currency) for p in SHOP[product])
            number += 1
            company.add(
                "sales",
                sale_id=f"T{number:06d}",
                sold_at=f"{day}T{rng.randint(8, 19):02d}:{rng.randint(0, 59):02d}:00Z",
                product=product,
                quantity=rng.randint(1, 6) if rng.random() > 0.03 else -1,
                unit_price=price,
                order_id=f"O{number // 2:06d}",
                customer_id=f"R{rng.randint(1, 150):04d}",
                unit_cost=cost,
                currency=currency,
                country="US",
            )


def _business_days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def _rates(company: Company, rng: random.Random, first_month: date, currencies: tuple[tuple[str, float], ...]) -> None:
    """A random walk on business days, each foreign currency quoted in the first one."""
    quote = currencies[0][0]
    for base, _ in currencies[1:]:
        rate = float(PER_USD[quote] / PER_USD[base])
        for day in _business_days(first_month - timedelta(days=130), company.as_of):
            rate *= 1 + rng.gauss(0, 0.003)
            company.add("fx_rates", rate_on=day, base=base, quote=quote, rate=Decimal(f"{rate:.6f}"))
