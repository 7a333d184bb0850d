"""Any order, split and repetition of drops that do not contradict each other gives the same current rows."""

from __future__ import annotations

import tempfile
from datetime import date
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .drops import facts, put, scan

HEAD = ["payment_id", "customer_id", "received_on", "amount", "currency", "method"]
SALES_HEAD = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

payment = st.tuples(
    st.sampled_from(["C1", "C2", "c1", "Ünï"]),
    st.dates(min_value=date(1971, 1, 1)),
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from(["EUR", "USD", "gbp"]),
    st.sampled_from(["", "card", 'a "b", c', " padded "]),
)


@st.composite
def drops(draw: st.DrawFn) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Facts with one body per key, and files that hold each of them at least once."""
    bodies = draw(st.lists(payment, min_size=1, max_size=12))
    rows = [[f"P{n}", c, d.isoformat(), str(a), cur, m] for n, (c, d, a, cur, m) in enumerate(bodies)]
    copies = rows + draw(st.lists(st.sampled_from(rows), max_size=6))
    shuffled = draw(st.permutations(copies))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    edges = [0, *cuts, len(shuffled)]
    return rows, [shuffled[a:b] for a, b in pairwise(edges) if b > a]


def write(rows: list[list[str]], columns: list[int], delimiter: str) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if '"' in text or delimiter in text else text

    lines = [delimiter.join(cell(row[i]) for i in columns) for row in [HEAD, *rows]]
    return "\n".join(lines) + "\n"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drops(), st.data())
def test_payments(case: tuple[list[list[str]], list[list[list[str]]]], data: st.DataObject) -> None:
    rows, files = case
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder) / "one", Path(folder) / "many"
        put(one, write(rows, list(range(6)), ","))
        scan(one)
        for number, file in enumerate(files):
            columns = data.draw(st.permutations(range(6)))
            put(many, write(file, columns, data.draw(st.sampled_from(",;\t"))), f"{number}.csv")
            if data.draw(st.booleans()):
                scan(many)
        assert all(receipt.rows_quarantined == receipt.rows_refused == 0 for receipt in scan(many))
        assert facts(many, "raw_csv.payments") == facts(one, "raw_csv.payments")
        assert len(facts(many, "raw_csv.payments")) == len(rows)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.permutations(range(3)))
def test_sales_without_a_key_keep_the_largest_count(counts: list[int], order: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for place, number in enumerate(order):
            lines = [f"{n},A,1,2010-12-01 08:26:00,2.55,,UK" for n, count in enumerate(counts) for _ in range(count)]
            cut = lines[number:] if number else lines
            put(home, "\n".join([SALES_HEAD, *cut]) + "\n", f"{place}.csv")
            scan(home)
        assert len(facts(home, "raw_csv.sales")) == sum(counts)
