"""`python -m orchestration.demo.samples`: writes data/samples, a company of eight customers as CSV files."""

from datetime import date
from pathlib import Path

from orchestration.demo.company import Company, invent_company
from orchestration.demo.write import write_company_csv
from orchestration.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "data" / "samples"


def sample_company() -> Company:
    """USD and EUR, six months up to 2026-06-30."""
    currencies = (("USD", 0.6), ("EUR", 0.4))
    return invent_company(1, customers=8, months=6, as_of=date(2026, 6, 30), currencies=currencies, sales_per_month=5)


def main(folder: Path = FOLDER) -> None:
    write_company_csv(sample_company(), folder)


if __name__ == "__main__":
    main()
