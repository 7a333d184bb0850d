"""Tax on the wire: amounts are decimals in text, rates are fractions in text."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from transactional_api.kit.http import AmountText, Body, Country, CurrencyCode, DayText, Fraction, Id, Result, Words
from transactional_api.kit.money import to_minor, to_text
from transactional_api.tax import rules
from transactional_api.tax.errors import ThresholdNotJudged
from transactional_api.tax.filings import Figures
from transactional_api.tax.rules import Buyer, Seller, Tax, UnionSales
from transactional_api.tax.service import Calculation, TaxableLine
from transactional_api.tax.tables import TaxFiling, TaxRate, TaxRegistration

Jurisdiction = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"),
    Field(description="ISO 3166: `DE`, `US-NY`, `CA-QC`; or the scheme `EU-OSS`."),
]
Place = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3}(:[^\x00-\x1f\x7f]{1,100})?)?$"),
    Field(description="As a jurisdiction, or a place in a state: `US-NY:New York City`."),
]
Kind = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]{1,19}$"), Field(examples=["VAT", "GST", "US_STATE"])]
Rated = Annotated[Fraction, Field(le=1)]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
FIGURES = ("taxable", "exempt", "zero_rated", "reverse_charge", "tax_charged", "tax_credited")


class SellerIn(Body):
    country: Country
    region: Words | None = Field(None, description="In the United States and Canada: the code of ISO 3166-2.")
    vat_number: Words | None = None
    registered_in: list[Jurisdiction] = Field([], max_length=200, description="Where it collects tax besides its home.")

    def seller(self) -> Seller:
        return Seller(self.country, self.region, self.vat_number, frozenset(self.registered_in))


class BuyerIn(Body):
    country: Country
    region: Words | None = None
    locality: Words | None = Field(None, description="In the United States: the place whose local taxes apply.")
    postal_code: PostalCode | None = Field(
        None, description="Tells territories outside of VAT or with rates of their own."
    )
    vat_number: Words | None = Field(None, description="A valid one says that a business buys.")


class UnionSalesIn(Body):
    """Sales to consumers in other member states, without VAT, in EUR. Absent = counted from posted invoices."""

    last_year: AmountText = "0"
    this_year: AmountText = Field("0", description="Before this supply.")
    this_supply: AmountText | None = Field(None, description="Absent = the lines' sum; needed in other currencies.")


class TaxableLineIn(Body):
    line_id: Id | None = None
    amount: AmountText = Field(description="Without tax; negative for what is taken back.")
    category: Words = Field(
        rules.STANDARD, description="As in the rates; or `exempt`, `zero_rated`, which need no rate anywhere."
    )


class CalculationIn(Body):
    tax_point: DayText
    currency: CurrencyCode
    seller: SellerIn | None = Field(None, description="Absent = the tenant by its registrations.")
    buyer: BuyerIn
    union_sales: UnionSalesIn | None = None
    lines: list[TaxableLineIn] = Field(min_length=1, max_length=1000)

    def buyer_of(self) -> Buyer:
        return Buyer(**self.buyer.model_dump())

    def taxable_lines(self) -> list[TaxableLine]:
        return [
            TaxableLine(to_minor(line.amount, self.currency, f"lines.{at}.amount"), line.category)
            for at, line in enumerate(self.lines)
        ]

    def union(self, lines: list[TaxableLine]) -> UnionSales | None:
        given = self.union_sales
        if given is None:
            return None
        supply = sum(line.net_minor for line in lines) if self.currency == "EUR" else 0
        if given.this_supply is not None:
            supply = to_minor(given.this_supply, "EUR", "union_sales.this_supply")
        elif self.currency != "EUR":
            raise ThresholdNotJudged
        return UnionSales(
            to_minor(given.last_year, "EUR", "union_sales.last_year"),
            to_minor(given.this_year, "EUR", "union_sales.this_year"),
            supply,
        )


class TaxOut(Result):
    jurisdiction: str
    kind: str
    category: str
    rate: Fraction
    taxable: str
    tax: str
    tax_code: str
    reason: str
    source: str | None = Field(description="Who published the rate, and in what.")

    @classmethod
    def of(cls, tax: Tax, currency: str) -> "TaxOut":
        facts = {name: getattr(tax, name, None) for name in cls.model_fields}
        amounts = {"taxable": to_text(tax.taxable_minor, currency), "tax": to_text(tax.tax_minor, currency)}
        return cls.model_validate(facts | amounts)


class TaxedLineOut(Result):
    line_id: str | None
    amount: str
    tax: str
    taxes: list[TaxOut]


class ReverseChargeOut(Result):
    """What the invoice must show."""

    seller_vat_number: str
    buyer_vat_number: str
    note: str


class CalculationOut(Result):
    tax_point: DayText
    currency: str
    reason: str
    tax: str
    is_local_rate_unknown: bool = Field(description="The state has local taxes, and the place is not in the tables.")
    is_buyer_vat_number_valid: bool | None = Field(description="Format and check digits; null without a number.")
    reverse_charge: ReverseChargeOut | None
    lines: list[TaxedLineOut]

    @classmethod
    def of(cls, asked: CalculationIn, seller: Seller, lines: list[TaxableLine], done: Calculation) -> "CalculationOut":
        currency, number = asked.currency, asked.buyer.vat_number
        sums = [sum(tax.tax_minor for tax in taxes) for taxes in done.lines]
        out = [
            TaxedLineOut(
                line_id=given.line_id,
                amount=to_text(line.net_minor, currency),
                tax=to_text(total, currency),
                taxes=[TaxOut.of(tax, currency) for tax in taxes],
            )
            for given, line, total, taxes in zip(asked.lines, lines, sums, done.lines, strict=True)
        ]
        reverse = None
        if done.treatment.code == rules.REVERSE_CHARGE and seller.vat_number and number:
            reverse = ReverseChargeOut(
                seller_vat_number=seller.vat_number, buyer_vat_number=number, note=rules.REVERSE_CHARGE_NOTE
            )
        return cls(
            tax_point=asked.tax_point,
            currency=currency,
            reason=done.treatment.reason,
            tax=to_text(sum(sums), currency),
            is_local_rate_unknown=done.treatment.is_local_rate_unknown,
            is_buyer_vat_number_valid=None if number is None else rules.is_vat_number(number, asked.buyer.country),
            reverse_charge=reverse,
            lines=out,
        )


class RateIn(Body):
    """Your own rate; from `valid_from` it stands before the packaged one."""

    rate_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    jurisdiction: Place
    kind: Kind
    category: Words = rules.STANDARD
    rate: Rated
    valid_from: DayText
    valid_until: DayText | None = Field(None, description="Exclusive; absent = open-ended.")


class RateEnd(Body):
    valid_until: DayText | None = Field(description="Exclusive; null = open-ended.")


class RateOut(Result):
    """`rate_id` is null for packaged rates; `source` says who published the rate, and in what."""

    rate_id: str | None
    jurisdiction: str
    kind: str
    category: str
    rate: Fraction
    valid_from: DayText
    valid_until: DayText | None
    source: str

    @classmethod
    def of(cls, rate: TaxRate | rules.Rate, source: str) -> "RateOut":
        facts = {name: getattr(rate, name, None) for name in cls.model_fields}
        return cls.model_validate(facts | {"source": source})


class RegistrationIn(Body):
    jurisdiction: Jurisdiction
    number: Words | None = None
    is_home: bool = Field(False, description="Where the seller is established; exactly one is.")
    registered_from: DayText
    registered_until: DayText | None = Field(None, description="Exclusive; absent = open-ended.")


class RegistrationsIn(Body):
    """The whole list; what is not in it ends to be."""

    registrations: list[RegistrationIn] = Field(max_length=200)


class RegistrationOut(Result):
    jurisdiction: str
    number: str | None
    is_home: bool
    registered_from: DayText
    registered_until: DayText | None


class RegistrationsOut(Result):
    registrations: list[RegistrationOut]

    @classmethod
    def of(cls, rows: list[TaxRegistration]) -> "RegistrationsOut":
        return cls(registrations=[RegistrationOut.model_validate(row) for row in rows])


class FiguresIn(Body):
    taxable: AmountText = "0"
    exempt: AmountText = "0"
    zero_rated: AmountText = "0"
    reverse_charge: AmountText = "0"
    tax_charged: AmountText = "0"
    tax_credited: AmountText = "0"

    def figures(self, currency: str) -> Figures:
        minors = {f"{name}_minor": to_minor(getattr(self, name), currency, f"figures.{name}") for name in FIGURES}
        return Figures(**minors)


class FilingIn(Body):
    filing_id: Id | None = Field(None, description="Your own id; without one, a random id is given.")
    jurisdiction: Jurisdiction
    period_starts_on: DayText
    period_ends_on: DayText = Field(description="Inclusive.")
    currency: CurrencyCode
    due_on: DayText | None = None
    figures: FiguresIn | None = Field(None, description="Absent = of the invoices posted in the period.")


class File(Body):
    filed_on: DayText


class Pay(Body):
    paid_on: DayText


class FilingOut(Result):
    filing_id: str
    jurisdiction: str
    period_starts_on: DayText
    period_ends_on: DayText
    currency: str
    taxable: str
    exempt: str
    zero_rated: str
    reverse_charge: str
    tax_charged: str
    tax_credited: str
    net_due: str
    is_derived: bool
    due_on: DayText | None
    status: Literal["open", "filed", "paid"]
    filed_on: DayText | None
    paid_on: DayText | None

    @classmethod
    def of(cls, filing: TaxFiling) -> "FilingOut":
        facts = {name: getattr(filing, name, None) for name in cls.model_fields}
        for name in (*FIGURES, "net_due"):
            facts[name] = to_text(getattr(filing, f"{name}_minor"), filing.currency)
        return cls.model_validate(facts)
