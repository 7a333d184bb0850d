"""Statements whose truth is known against what the warehouse finds, and a person's word, which stands."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse.bank_statements import AS_OF, Bank, make_bank
from tests.warehouse.conftest import Built
from tests.warehouse.tables import shown, table
from tests.warehouse.world import BuildResult, World

BANKS = 30
Found = dict[tuple[str, int], set[tuple[str, str]]]


class Statements:
    def __init__(self, world: World) -> None:
        self.world = world
        self.banks = [make_bank(seed) for seed in range(BANKS)]
        for bank in self.banks:
            world.tenant(bank.tenant_id, AS_OF, currency="EUR", reporting_currency="EUR")
            for data_set, rows in bank.rows.items():
                world.csv(bank.tenant_id, data_set, rows)
        by_hand(world)
        self.result: BuildResult = world.build()
        self.lines: dict[str, tuple[str, int]] = {}
        numbers: Counter[str] = Counter()
        for row in world.rows["raw_csv.bank_statement"]:
            self.lines[f"{row['file_id']}-{row['line']}"] = (row["tenant_id"], numbers[row["tenant_id"]])
            numbers[row["tenant_id"]] += 1

    def found(self, *statuses: str) -> Found:
        pairs: Found = defaultdict(set)
        wanted = "', '".join(statuses)
        for row in self.world.read(f"select * from marts.bank_reconciliation where status in ('{wanted}')"):
            if row["bank_line_id"] in self.lines:
                pairs[self.lines[row["bank_line_id"]]].add((row["document_kind"], row["document_id"]))
        return pairs


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Statements:
    return Statements(World(tmp_path_factory.mktemp("bank")))


def by_hand(world: World) -> None:
    """One tenant per story, in the core, where persons confirm and undo."""
    world.tenant("hand", AS_OF, currency="EUR", reporting_currency="EUR")
    world.app("hand", "customers", table("customer_id | currency\nann | EUR\nbob | EUR"))
    world.app("hand", "customer_profiles", table("customer_id | name\nann | Ann Alder\nbob | Bob Birch"))
    payments = """
        payment_id | customer_id | received_on | amount_minor | currency | status
        ann-1      | ann         | 2024-05-02  | 10000        | EUR      | succeeded
        bob-1      | bob         | 2024-05-02  | 10000        | EUR      | succeeded
        undone     | ann         | 2024-05-20  | 7700         | EUR      | succeeded
        failed     | ann         | 2024-05-21  | 5500         | EUR      | failed
        whole      | bob         | 2024-06-03  | 30000        | EUR      | succeeded
        after      | bob         | 2024-07-01  | 4400         | EUR      | succeeded
        no-line    | bob         | 2024-05-15  | 123          | EUR      | succeeded
    """
    world.app("hand", "payments", table(payments))
    lines = """
        bank_line_id | booked_on  | amount_minor | currency | customer_id
        L1           | 2024-05-02 | 10000        | EUR      | ann
        L2           | 2024-05-20 | 7700         | EUR      |
        L3           | 2024-05-21 | 5500         | EUR      |
        L4           | 2024-06-03 | 10000        | EUR      |
        L5           | 2024-06-28 | 4400         | EUR      |
    """
    world.app("hand", "bank_lines", table(lines))
    texts = """
        bank_line_id | counterparty | description
        L1           | Ann Alder    | May
        L2           | Ann Alder    | May
        L4           | Bob Birch    | first third
    """
    world.app("hand", "bank_lines_personal", table(texts))
    matches = """
        match_id | bank_line_id | payment_id | amount_minor | currency | status
        M1       | L1           | bob-1      | 10000        | EUR      | confirmed
        M2       | L2           | undone     | 7700         | EUR      | undone
        M3       | L4           | whole      | 10000        | EUR      | confirmed
    """
    world.app("hand", "bank_matches", table(matches))
    world.tenant("payout", AS_OF, currency="EUR", reporting_currency="EUR")
    cards = """
        payment_id | customer_id | received_on | amount | currency | method
        a          | ann         | 2024-05-03  | 9.99   | EUR      | card
        b          | bob         | 2024-05-04  | 49.00  | EUR      | card
        c          | bob         | 2024-05-04  | 120.00 | EUR      | card
    """
    world.csv("payout", "payments", table(cards))
    world.csv(
        "payout",
        "bank_statement",
        table("posted_on | amount | currency\n2024-05-01 | -1 | EUR\n2024-05-05 | 175.60 | EUR"),
    )
    world.tenant("odd", AS_OF, currency="JPY", reporting_currency="JPY")
    statement = """
        posted_on  | amount | currency | description
        2024-06-01 | 100.50 | JPY      | half a yen
        2024-06-01 | 100    | JPY      | whole
        2024-06-02 | 5      | ZZZ      | of no country
        2024-06-03 | 0      | JPY      | balance carried forward
    """
    world.csv("odd", "bank_statement", table(statement))


def test_the_build_passes_its_own_checks(statements: Statements) -> None:
    assert statements.result.code == 0, statements.result.log[-3000:]


def _counts(banks: list[Bank], found: Found) -> dict[str, tuple[int, int, int]]:
    """Per kind of line: pairs that are right, pairs that are wrong, pairs that were not found."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for bank in banks:
        for number, truth in bank.truth.items():
            mine = found.get((bank.tenant_id, number), set())
            row = counts[bank.how[number]]
            row[0] += len(mine & truth)
            row[1] += len(mine - truth)
            row[2] += len(truth - mine)
    return {how: (a, b, c) for how, (a, b, c) in counts.items()}


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 1.0


def test_what_is_called_matched_is_right_and_most_is_found(statements: Statements) -> None:
    counts = _counts(statements.banks, statements.found("matched"))
    right, wrong, missed = (sum(c[n] for c in counts.values()) for n in range(3))
    assert right > 1500
    assert _share(right, wrong) >= 0.995, counts
    assert _share(right, missed) >= 0.85, counts


def test_with_proposals_nearly_everything_is_found(statements: Statements) -> None:
    counts = _counts(statements.banks, statements.found("matched", "proposed"))
    right, wrong, missed = (sum(c[n] for c in counts.values()) for n in range(3))
    assert _share(right, wrong) >= 0.99, counts
    assert _share(right, missed) >= 0.985, counts


def test_lines_that_name_their_payment_are_never_wrong(statements: Statements) -> None:
    counts = _counts(statements.banks, statements.found("matched"))
    for how in ("reference", "named batch", "in parts", "bill"):
        right, wrong, missed = counts[how]
        assert wrong == 0 and _share(right, missed) >= 0.98, (how, counts[how])


def test_no_line_and_no_document_is_used_beyond_its_amount(statements: Statements) -> None:
    documents: dict[Any, Decimal] = {}
    for bank in statements.banks:
        for payment in bank.rows["payments"]:
            documents[bank.tenant_id, "payment", payment["payment_id"]] = payment["amount"]
        for bill in bank.rows["bill_payments"]:
            documents[bank.tenant_id, "bill_payment", bill["bill_payment_id"]] = -bill["amount"]
        for refund in bank.rows["refunds"]:
            documents[bank.tenant_id, "refund", refund["refund_id"]] = -refund["amount"]
    lines = {
        (t, n): next(b for b in statements.banks if b.tenant_id == t).rows["bank_statement"][n]["amount"]
        for t, n in statements.lines.values()
        if t.startswith("b")
    }
    used: dict[Any, Decimal] = defaultdict(Decimal)
    left: dict[Any, Decimal] = {}
    rows = statements.world.read("select * from marts.bank_reconciliation where tenant_id like 'b%'")
    for row in rows:
        if row["bank_line_id"]:
            line = statements.lines[row["bank_line_id"]]
            used[line] += row["amount_matched"]
            left[line] = row["line_residual"]
        if row["document_id"]:
            document = (row["tenant_id"], row["document_kind"], row["document_id"])
            used[document] += row["amount_matched"]
            left[document] = row["document_residual"]
    assert set(lines) <= set(left)
    for key, amount in {**lines, **documents}.items():
        if key in left:
            assert used[key] + left[key] == amount, key
            assert 0 <= abs(used[key]) <= abs(amount) and used[key] * amount >= 0, key


def _hand(statements: Statements) -> list[str]:
    rows = statements.world.read(
        "select * from marts.bank_reconciliation where tenant_id = 'hand' order by bank_line_id nulls last, document_id"
    )
    return shown(rows, "bank_line_id status document_id amount_matched line_residual document_residual")


def test_what_a_person_confirmed_stands_and_what_was_undone_is_not_proposed_again(statements: Statements) -> None:
    # Ann's line was confirmed as Bob's payment, against name and customer: it stands, and Ann's payment stays open.
    # L2 fits the undone payment in every point. L3's payment failed; L5's comes after the as-of date.
    assert _hand(statements) == [
        "L1 | confirmed | bob-1 | 100 | 0 | 0",
        "L2 | unmatched |  | 0 | 77 | ",
        "L3 | unmatched |  | 0 | 55 | ",
        "L4 | confirmed | whole | 100 | 0 | 200",
        "L5 | unmatched |  | 0 | 44 | ",
        " | unmatched | ann-1 | 0 |  | 100",
        " | unmatched | no-line | 0 |  | 1.23",
        " | unmatched | undone | 0 |  | 77",
    ]


def test_the_fee_of_a_payout_stays_open_on_its_documents(statements: Statements) -> None:
    rows = statements.world.read(
        "select * from marts.bank_reconciliation where tenant_id = 'payout' and line_amount > 0 order by document_id"
    )
    why = "sum less a fee, 3 documents of whole days by card, 1 day later"
    assert shown(rows, "status document_id amount_matched document_residual line_residual score reasons") == [
        f"proposed | {name} | {matched} | {rest} | 0 | 57 | {why}"
        for name, matched, rest in (("a", "9.8", "0.19"), ("b", "48.07", "0.93"), ("c", "117.73", "2.27"))
    ]


def test_random_companies_have_matches_of_each_kind_and_rows_set_aside(random_companies: Built) -> None:
    """That they add up is the build's own check; here that there was something to add up."""
    rows = random_companies.world.read("select status, document_kind from marts.bank_reconciliation")
    kinds = Counter((row["status"], row["document_kind"]) for row in rows)
    assert min(kinds[status, "payment"] for status in ("matched", "proposed", "unmatched")) > 30, kinds
    assert kinds["matched", "refund"] + kinds["proposed", "refund"] > 5, kinds
    listed = random_companies.world.read("select * from ops.set_aside_rows where data_set = 'bank_statement'")
    assert {row["rule"] for row in listed} == {"more_decimals_than_currency"}


def test_the_order_of_rows_decides_nothing(statements: Statements, tmp_path_factory: pytest.TempPathFactory) -> None:
    again = World(tmp_path_factory.mktemp("bank-again"))
    for relation, rows in statements.world.rows.items():
        again.rows[relation] = list(reversed(rows))
    assert again.build().code == 0
    sql = "select * from marts.bank_reconciliation order by all"
    assert again.read(sql) == statements.world.read(sql)


def test_lines_that_cannot_be_counted_are_set_aside_and_named(statements: Statements) -> None:
    found = statements.world.read("select * from marts.bank_reconciliation where tenant_id = 'odd'")
    assert shown(found, "status line_amount line_residual") == ["unmatched | 100 | 100"]
    listed = statements.world.read(
        "select * from ops.set_aside_rows where data_set = 'bank_statement' and tenant_id = 'odd' order by line"
    )
    assert shown(listed, "detail rule is_excluded") == [
        "2024-06-01 · JPY | more_decimals_than_currency | True",
        "2024-06-02 · ZZZ | unknown_currency | True",
        "2024-06-03 · JPY | moves_no_money | True",
    ]
