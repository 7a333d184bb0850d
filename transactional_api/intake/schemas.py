"""Receipts, quarantined rows and the rules of data sets on the wire."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel

from transactional_api.kit.http import Result

Status = Literal["accepted", "partly_quarantined", "refused", "duplicate_ignored", "undone"]
DataSetName = Annotated[str, Path(pattern="^[a-z][a-z_]{0,59}$", description="Such as sales, customers or expenses.")]
FileId = Annotated[str, Path(pattern="^f[1-9][0-9]{0,17}$", description="Of a receipt, such as f12.")]
FileName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f/\\]+$",
        description="What the receipt calls the file; the content alone decides what it is.",
    ),
]


class ReceiptOut(Result):
    """rows_read = rows_accepted + rows_quarantined + rows_refused. Totals are exact decimals in text, by currency."""

    file_id: str
    file_name: str
    data_set: str | None
    contract: str | None
    status: Status
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_refused: int
    control_totals: dict[str, str]
    reason: str | None
    notes: list[str]
    accepted_seq: int
    undone_seq: int | None

    @classmethod
    def of(cls, receipt: dict[str, Any]) -> "ReceiptOut":
        return cls.model_validate(receipt)


class Fault(BaseModel):
    """What is wrong with a row: a cell of it, or the row as a whole where there is no column."""

    column: str | None
    value: str | None
    reason: str


class QuarantinedRow(BaseModel):
    """`cells` in the order of the header, dates and numbers in plain spelling where they can be read; null where the
    row could not be cut into cells, or a person was erased. A row of other than the header's cells stands as it was."""

    line: int
    cells: list[str] | None
    faults: list[Fault]

    @classmethod
    def of(cls, row: dict[str, Any]) -> "QuarantinedRow":
        faults = [Fault(column=column, value=value, reason=reason) for column, value, reason in row["faults"]]
        return cls(line=row["line"], cells=row["cells"], faults=faults)


class QuarantinePage(BaseModel):
    """`header` has the cells of the file's own header. `next_cursor` is null on the last page."""

    header: list[str]
    items: list[QuarantinedRow]
    next_cursor: str | None


class ColumnRules(Result):
    name: str
    type: str
    meaning: str
    is_required: bool
    may_be_blank: bool
    aliases: list[str]
    values: list[str]
    limits: str
    is_personal: bool
    example: str


class DataSetRules(Result):
    """What a CSV of the data set may contain. Without a key, identical rows are different facts."""

    data_set: str
    description: str
    key: list[str]
    control_total: str
    in_order: list[list[str]]
    columns: list[ColumnRules]
