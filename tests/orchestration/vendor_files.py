"""Files in other tools' shapes, made from a seed: the twins of the reference data, with the same traps."""

import csv
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

Cells = list[str]


def write(path: Path, header: str, rows: list[Cells]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def subscription_periods(folder: Path) -> Path:
    """Periods that make April 2019 open at 200, with one of each movement."""
    return write(
        folder / "subscription_periods.csv",
        "subscription_id,customer_id,start_date,end_date,monthly_amount",
        [
            ["1", "1", "2018-11-01", "2019-02-01", "50"],  # away in February and March: reactivated in April
            ["2", "1", "2019-04-01", "2019-06-01", "50"],
            ["3", "2", "2019-01-01", "2019-04-01", "100"],  # expands to 130
            ["4", "2", "2019-04-01", "2019-12-01", "130"],
            ["5", "3", "2019-01-01", "2019-04-01", "60"],  # contracts to 45
            ["6", "3", "2019-04-01", "2019-12-01", "45"],
            ["7", "4", "2019-01-01", "2019-04-01", "40"],  # churns: the end date does not count
            ["8", "5", "2019-04-01", "2019-12-01", "70"],  # new
        ],
    )


def pipelines(folder: Path, count: int = 400) -> dict[str, Path]:
    """One CRM pipeline in three date encodings, with blank accounts and blank engage dates."""
    rng = random.Random(5)
    header = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
    encodings = {
        "iso": lambda day: day.isoformat(),
        "us": lambda day: f"{day.month}/{day.day}/{day.year}",
        "dmy": lambda day: day.strftime("%d-%m-%y"),
    }
    deals = []
    for number in range(count):
        stage = rng.choice(["Won", "Won", "Lost", "Engaging", "Prospecting"])
        engaged = None if stage == "Prospecting" else date(2016, 10, 20) + timedelta(days=rng.randint(0, 300))
        closed = engaged + timedelta(days=rng.randint(1, 120)) if engaged and stage in ("Won", "Lost") else None
        value = {"Won": str(rng.randint(30, 9000)), "Lost": "0"}.get(stage, "")
        account = "" if rng.random() < 0.2 else rng.choice(["Acme", "Isdom", "Cancity"])
        product = rng.choice(["GTX Pro", "GTXPro", "MG Special"])
        deals.append((f"OPP{number:05d}", "Moses", product, account, stage, engaged, closed, value))
    return {
        name: write(
            folder / f"sales_pipeline_{name}.csv",
            header,
            [
                [*deal[:5], show(deal[5]) if deal[5] else "", show(deal[6]) if deal[6] else "", deal[7]]
                for deal in deals
            ],
        )
        for name, show in encodings.items()
    }


def retail_days(folder: Path, days: int = 40) -> Path:
    """A file a day: cancellations, negative quantities, missing customers, exact duplicates, "£", three decimals."""
    rng = random.Random(6)
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    invoice = 536365
    for at in range(days):
        day = datetime(2010, 12, 20) + timedelta(days=at)  # noqa: DTZ001  wall clock of the shop
        rows: list[Cells] = []
        for _ in range(rng.randint(5, 25)):
            invoice += 1
            cancelled = rng.random() < 0.05
            moment = day + timedelta(minutes=rng.randint(480, 1080))
            price = Decimal(rng.randint(1, 2500)) / (1000 if rng.random() < 0.02 else 100)
            row = [
                f"C{invoice}" if cancelled else str(invoice),
                rng.choice(["85123A", "71053", "POST"]),
                rng.choice(["WHITE LANTERN", "£5 GIFT CARD, BOXED", 'SAYS "HELLO"']),
                str(-rng.randint(1, 5) if cancelled else rng.randint(1, 40)),
                str(moment),
                str(price),
                "" if rng.random() < 0.2 else f"{rng.randint(12000, 18000)}.0",
                "United Kingdom",
            ]
            rows += [row] * (2 if rng.random() < 0.1 else 1)
        write(folder / "retail" / f"{day:%Y-%m-%d}.csv", header, rows)
    return folder / "retail"
