"""Any order, split and repetition of drops that do not contradict each other gives the same current rows."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingestion.contracts import Layout, data_sets, layouts
from ingestion.raw import create_raw_relations
from tests.corpus import generate
from tests.integration.ingestion.vendors.exports import MAKERS, Export, xero

from .drops import drop, facts, put, scan

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


# A whole company: many data sets at once and one tool's export, as one file each, and scrambled.

Blocks = list[list[list[str]]]
SEEDED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])


def own_blocks(rng: random.Random, layout: Layout, names: list[str]) -> Blocks:
    """Facts of one data set, one body per key. Where there is no key, identical rows stay together, for a file says how
    many there are."""
    made = [generate.row(rng, layout, names, number) for number in range(rng.randrange(1, 9))]
    cells = [[row[name] for name in names] for row in made]
    return [[row] * rng.randrange(1, 4) for row in cells] if layout.keyless else [[row] for row in cells]


def export_blocks(export: Export) -> Blocks:
    """The rows of an export that belong together: those of a document, and identical ones."""
    blocks: Blocks = []
    for first, last in pairwise([0, *export.cuts(), len(export.rows)]):
        block = export.rows[first:last]
        twin = next((each for each in blocks if any(row in each for row in block)), None)
        if twin is None:
            blocks.append(block)
        else:
            twin += block
    return blocks


def scrambled(rng: random.Random, blocks: Blocks) -> list[Blocks]:
    """The blocks in another order, in up to four files, some of them again."""
    order = rng.sample(blocks, len(blocks))
    cuts = sorted(rng.randrange(len(order) + 1) for _ in range(rng.randrange(4)))
    files = [order[a:b] for a, b in pairwise([0, *cuts, len(order)]) if b > a]
    files += [rng.sample(order, rng.randint(1, len(order))) for _ in range(rng.randrange(2))]
    files += [rng.choice(files)] * rng.randrange(2)
    return rng.sample(files, len(files))


def flat(blocks: Blocks) -> list[list[str]]:
    return [row for block in blocks for row in block]


def with_spelling(rng: random.Random, head: list[str], rows: list[list[str]]) -> str:
    """The same columns in another order, with another delimiter and other line ends."""
    order = rng.sample(range(len(head)), len(head))
    turned = [[row[place] for place in order] for row in [head, *rows]]
    return generate.written(turned, rng.choice(",;\t"), rng.choice(["\n", "\r\n"]))


def put_both_ways(rng: random.Random, home: Path) -> None:
    """Drop a company as a whole for tenant `one`; for tenant `many` scrambled, in several scans."""
    own = [layout for name, layout in layouts().items() if name in data_sets()]
    waiting: list[str] = []
    for layout in rng.sample(own, rng.randrange(3, 8)):
        names = generate.columns(rng, layout)
        head, blocks = generate.header(layout, names), own_blocks(rng, layout, names)
        put(home, generate.written([head, *flat(blocks)]), f"{layout.name}.csv", "one")
        waiting += [with_spelling(rng, head, flat(each)) for each in scrambled(rng, blocks)]
    export = rng.choice(MAKERS)()
    blocks = export_blocks(export)
    put(home, export.text(), "export.csv", "one")
    if layouts()[export.contract].is_report:
        waiting += [export.text()] * 2
    else:
        waiting += [replace(export, rows=flat(each)).text() for each in scrambled(rng, blocks)]
    rng.shuffle(waiting)
    for number, text in enumerate(waiting):
        put(home, text, f"{number:03}.csv", "many")
        if rng.random() < 0.1:
            check_receipts(home)
    check_receipts(home)


def check_receipts(home: Path) -> None:
    for receipt in scan(home):
        assert receipt.status in ("accepted", "duplicate_ignored"), receipt


def check_company(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        put_both_ways(random.Random(seed), home)
        con = duckdb.connect()
        create_raw_relations(con, home)
        filled = 0
        for name in data_sets():
            query = f"select * exclude (tenant_id, file_id, line) from raw_csv.{name} where tenant_id = ? order by all"
            one, many = (con.execute(query, [tenant]).fetchall() for tenant in ("one", "many"))
            assert one == many, name
            filled += bool(one)
        assert filled >= 3
        assert_large_files_are_read_alike(con, home)


def assert_large_files_are_read_alike(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Of many rows the superseded ones are found in another way."""
    queries = {name: f"from raw_csv.{name} order by all" for name in data_sets()}
    before = {name: con.execute(query).fetchall() for name, query in queries.items()}
    with patch("ingestion.raw.MANY_ROWS", 0):
        create_raw_relations(con, home)
    for name, query in queries.items():
        assert con.execute(query).fetchall() == before[name], name


def test_a_row_that_came_again_otherwise_is_the_newest_one_also_among_many(home: Path) -> None:
    head = "subscription_id,item_id,customer_id,started_on,unit_amount,currency,billing_interval\n"
    body = "S1,{item},C1,2026-01-01,{amount},EUR,month\n"
    for number, (item, amount) in enumerate([("", 10), ("I1", 20), ("", 11), ("I2", 30), ("I1", 21)]):
        drop(home, head + body.format(item=item, amount=amount), f"{number}.csv")
    with patch("ingestion.raw.MANY_ROWS", 0):
        found = facts(home, "raw_csv.subscriptions")
    assert found == facts(home, "raw_csv.subscriptions")
    assert [int(row["unit_amount"]) for row in found] == [11, 21, 30]


def test_a_part_of_an_invoice_takes_nothing_from_the_whole_of_it(home: Path) -> None:
    export = xero()
    put(home, export.text(), "whole.csv", "one")
    for tenant, order in (("before", "ab"), ("after", "ba")):
        put(home, replace(export, rows=export.rows[:2]).text(), f"{order[0]}.csv", tenant)
        put(home, export.text(), f"{order[1]}.csv", tenant)
    check_receipts(home)
    lines = "(select * exclude (tenant_id) from raw_csv.invoice_lines where tenant_id = '{}')"
    one = facts(home, lines.format("one"))
    assert len(one) > 3
    assert facts(home, lines.format("before")) == facts(home, lines.format("after")) == one


@settings(SEEDED, max_examples=4)
@given(st.integers(0, 2**32))
def test_companies_of_many_data_sets_and_an_export(seed: int) -> None:
    check_company(seed)


@pytest.mark.long
@settings(SEEDED, max_examples=25)
@given(st.integers(0, 2**32))
def test_many_companies_of_many_data_sets_and_an_export(seed: int) -> None:
    check_company(seed)
