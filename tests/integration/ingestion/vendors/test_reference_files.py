"""Files that this project did not write, dropped together: those that a contract knows are taken whole, the rest is
refused by its header or quarantined, and nothing of it counts."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.csv import copy_into_drop
from tests.integration.ingestion.vendors.looking import look
from tests.unit.ingestion.drops import scan

KNOWN = {
    "maven_crm_pipeline": (3, 26400, Decimal("30016602.00")),
    "mrr_playbook_periods": (1, 121, Decimal("5205.00")),
    "uci_retail": (141, 209029, Decimal("3706827.641")),
}


@pytest.mark.long
@pytest.mark.reference
def test_all_reference_files_dropped_together_give_their_receipts(home: Path, reference: Path) -> None:
    copy_into_drop(home, [folder for folder in sorted(reference.iterdir()) if folder.is_dir()])
    receipts = scan(home)
    for contract, (files, rows, total) in KNOWN.items():
        mine = [receipt for receipt in receipts if receipt.contract == contract]
        assert {receipt.status for receipt in mine} == {"accepted"}
        assert (len(mine), sum(receipt.rows_accepted for receipt in mine)) == (files, rows)
        assert sum(receipt.control_totals[""] for receipt in mine) == total
    others = [receipt for receipt in receipts if receipt.contract not in KNOWN]
    assert all(receipt.rows_accepted == 0 and (receipt.reason or receipt.rows_quarantined) for receipt in others)
    assert Counter(receipt.status for receipt in others)["refused"] == len(others) - 1
    # the pipeline stands there in three date encodings of the same deals
    assert look(home, "deals", "count(*)") == [("8800",)]
