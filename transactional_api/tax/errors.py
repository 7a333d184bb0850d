"""Laws about tax."""

from datetime import date

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class RateNotFound(NotFound):
    title = "No such tax rate"

    def __init__(self, rate_id: str) -> None:
        super().__init__("tax rate", rate_id, "rate_id")


class FilingNotFound(NotFound):
    title = "No such filing"

    def __init__(self, filing_id: str) -> None:
        super().__init__("filing", filing_id, "filing_id")


class RateRefused(ValueRefused):
    """A rate whose parts do not hold together."""


class CategoryWithoutRate(ValueRefused):
    """The jurisdiction taxes, but no rate of this category is known there on that day. Never taken as 0."""

    title = "The category has no rate"

    def __init__(self, jurisdiction: str, kind: str, category: str, on: date, field: str) -> None:
        super().__init__(f"{jurisdiction} has no {kind} rate of category {category!r} on {on}", field)
        self.category = category


class NoRateOnDate(ValueRefused):
    """Not even a standard rate is known there on that day. Never taken as 0."""

    title = "There is no rate on that day"

    def __init__(self, jurisdiction: str, on: date) -> None:
        super().__init__(f"no tax rate of {jurisdiction} is known for {on}", "tax_point")


class RegionNeeded(ValueRefused):
    """Tax is regional in the country, and the region is not one of its codes (ISO 3166-2)."""

    def __init__(self, country: str, field: str) -> None:
        super().__init__(f"tax in {country} is by region: a code of ISO 3166-2 such as NY or ON", field)


class SellerUnknown(ValueRefused):
    """Neither the request nor the tenant's registrations say where the seller is."""

    def __init__(self) -> None:
        super().__init__("give the seller, or register the tenant's home jurisdiction first", "seller")


class SellerVatNumberNeeded(ValueRefused):
    """A reverse charge shows both VAT numbers, so the seller's must be there and hold."""

    def __init__(self) -> None:
        super().__init__("a reverse charge needs the seller's own valid VAT number", "seller.vat_number")


class ThresholdNotJudged(ValueRefused):
    """The union-wide threshold is in EUR, and some of what counts towards it is not."""

    def __init__(self) -> None:
        super().__init__(
            "sales in other currencies count towards the threshold of 10,000 EUR: give union_sales in EUR,"
            " or register EU-OSS",
            "union_sales",
        )


class LocalRateUnknown(ValueRefused):
    """The state's local taxes go by place, which is not known; the state's rate alone would be too low."""

    def __init__(self, jurisdiction: str) -> None:
        super().__init__(f"{jurisdiction} has local taxes by place: give the line's tax_rate", "ship_to_region")


class RatesOverlap(DomainError):
    """One rate per jurisdiction, kind and category on any day."""

    title = "Another rate is valid in that time"

    def __init__(self, rate_id: str) -> None:
        super().__init__(f"rate {rate_id!r} of the same jurisdiction, kind and category overlaps", "valid_from")


class HomeNotOne(ValueRefused):
    def __init__(self) -> None:
        super().__init__("exactly one registration is the seller's home", "registrations")


class RegistrationTwice(ValueRefused):
    def __init__(self, jurisdiction: str, at: int) -> None:
        super().__init__(f"{jurisdiction} is registered twice", f"registrations.{at}.jurisdiction")


class RegistrationRefused(ValueRefused):
    """A registration whose parts do not hold together."""


class FilingOverlaps(DomainError):
    """A jurisdiction's period is filed once."""

    title = "The period has a filing"

    def __init__(self, filing_id: str) -> None:
        super().__init__(f"filing {filing_id!r} of the same jurisdiction covers a part of it", "period_starts_on")


class WrongFilingState(DomainError):
    """open -> filed -> paid; nothing goes back."""

    title = "The filing is in another state"

    def __init__(self, filing_id: str, status: str, verb: str) -> None:
        super().__init__(f"filing {filing_id!r} is {status} and cannot be {verb}")


class FiledTooEarly(DomainError):
    """A period is filed after it ended, and paid after it was filed."""

    title = "A filing's days follow each other"


class FilingNotSplit(DomainError):
    """In the country several authorities tax one sale, and some lines say one tax only."""

    title = "The documents do not say whose tax it is"

    def __init__(self, jurisdiction: str, invoice_id: str) -> None:
        super().__init__(
            f"the tax on invoice {invoice_id!r} was given by hand, without the share of {jurisdiction}:"
            " give the figures",
            "figures",
        )


class FilingInSeveralCurrencies(DomainError):
    """One filing is in one currency; figures in others are converted by whoever files."""

    title = "The documents are in several currencies"

    def __init__(self, currencies: list[str]) -> None:
        super().__init__(f"documents of the period are in {', '.join(currencies)}: give the figures", "figures")
