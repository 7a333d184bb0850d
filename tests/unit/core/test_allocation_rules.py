"""How much of a payment may close how much of an invoice."""

from hypothesis import given
from hypothesis import strategies as st

from transactional_api.kit.errors import DomainError
from transactional_api.payments.rules import Debt, Funds, check_allocation
from transactional_api.payments.tables import STATUSES

amounts = st.integers(0, 1000)
currencies = st.sampled_from(["USD", "EUR"])


@given(
    st.builds(Funds, st.just("P"), st.sampled_from(STATUSES), currencies, amounts, amounts),
    st.builds(Debt, st.just("I"), st.sampled_from(["draft", "posted", "void"]), currencies, amounts),
    st.integers(-10, 1000),
)
def test_an_allocation_passes_exactly_when_every_law_holds(funds: Funds, debt: Debt, minor: int) -> None:
    lawful = (
        minor > 0
        and funds.status == "succeeded"
        and debt.status == "posted"
        and funds.currency == debt.currency
        and funds.used_minor + minor <= funds.amount_minor
        and minor <= debt.outstanding_minor
    )
    try:
        check_allocation(funds, debt, minor)
    except DomainError:
        assert not lawful
    else:
        assert lawful
