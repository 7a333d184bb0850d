"""Our standard rates against the dated ones beside the project, day by day where both know a rate."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from transactional_api.tax.rates import packaged

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "data" / "vat_rates" / "vat_rates.csv"
NAMES = {"UK": "GB", "EL": "GR"}
# The reference knows nothing of Ireland's cut to 21 % from September 2020 to February 2021
# (Revenue, VAT rates: historical).
KNOWN_DEFECTS = {("IE", date(2020, 9, 1), date(2021, 3, 1))}


@pytest.mark.reference
@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data are not beside the project")
def test_every_overlapping_standard_rate_is_the_same() -> None:
    ours = [rate for rate in packaged().rates if rate.kind == "VAT" and rate.category == "standard"]
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        theirs = [row for row in csv.DictReader(file) if row["rate_type"] == "standard"]
    compared, countries, different = 0, set(), set()
    for row in theirs:
        starts = date.fromisoformat(row["start_date"])
        ends = date.fromisoformat(row["stop_date"]) if row["stop_date"] else date.max
        for code in {NAMES.get(code.strip(), code.strip()) for code in row["territory_codes"].split("\n")}:
            for rate in ours:
                if rate.jurisdiction != code or len(code) != 2:
                    continue
                first, last = max(starts, rate.valid_from), min(ends, rate.valid_until or date.max)
                if first < last:
                    compared += 1
                    countries.add(code)
                    if Decimal(row["rate"]) != rate.rate:
                        different.add((code, first, last))
    assert different == KNOWN_DEFECTS
    assert len(countries) == 28
    assert compared > 60
