"""Money: integer minor units with an ISO 4217 currency. Text comes in and goes out here, and is rounded only here."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from iso4217 import Currency

from transactional_api.kit.errors import ValueRefused

MAX_MINOR = 10**18 - 1
AMOUNT_PATTERN = r"^-?\d{1,18}(\.\d{1,18})?$"
_AMOUNT = re.compile(AMOUNT_PATTERN, re.ASCII)


class CurrencyUnknown(ValueRefused):
    """Not an ISO 4217 currency with minor units."""

    def __init__(self, currency: str, field: str | None = "currency") -> None:
        super().__init__(f"{currency!r} is not an ISO 4217 currency that can be paid in", field)
        self.currency = currency


class AmountRefused(ValueRefused):
    """Not a plain decimal, more decimals than the currency has, or more than 18 digits in minor units."""


@lru_cache(maxsize=512)
def exponent(currency: str) -> int:
    """Decimals of the currency: JPY 0, USD 2, KWD 3. Raises CurrencyUnknown."""
    try:
        decimals = Currency(currency).exponent
    except ValueError:
        decimals = None
    if decimals is None:
        raise CurrencyUnknown(currency)
    return int(decimals)


def to_minor(text: str, currency: str, field: str) -> int:
    """`"12.50"` USD -> 1250. Zeros beyond the currency's decimals are fine; anything else is refused, never rounded."""
    if not _AMOUNT.fullmatch(text):
        raise AmountRefused("an amount is a plain decimal such as 1250.00", field)
    with localcontext(prec=60):
        scaled = Decimal(text).scaleb(exponent(currency))
        minor = int(scaled)
        if minor != scaled:
            raise AmountRefused(f"{currency} has {exponent(currency)} decimals; {text} has more", field)
    return checked_minor(minor, field)


def to_text(minor: int, currency: str) -> str:
    """1250 USD -> `"12.50"`, 1250 JPY -> `"1250"`."""
    decimals = exponent(currency)
    if decimals == 0:
        return str(minor)
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def checked_minor(minor: int, field: str) -> int:
    """The same number, if it has at most 18 digits."""
    if abs(minor) > MAX_MINOR:
        raise AmountRefused("an amount has at most 18 digits in minor units", field)
    return minor


def product_minor(factor: Decimal, minor: int) -> int:
    """factor x minor units, rounded half-up (away from zero) once. Exact up to 60 digits."""
    with localcontext(prec=60):
        return int((factor * minor).quantize(Decimal(1), ROUND_HALF_UP))


def divide_minor(dividend: int, divisor: int) -> int:
    """Rounded half-up (away from zero) once. The divisor is positive."""
    quotient = (2 * abs(dividend) + divisor) // (2 * divisor)
    return -quotient if dividend < 0 else quotient


def split_minor(total: int, weights: Sequence[int]) -> list[int]:
    """Parts in proportion to the weights that sum to the total: largest remainder, ties by place.

    Weights are not negative and not all 0. A negative total is split like its opposite.
    """
    if total < 0:
        return [-part for part in split_minor(-total, weights)]
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return parts
