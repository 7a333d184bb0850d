"""What a contract can say: the kinds of columns, data sets, exports and tables of the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

CSV_TYPES = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "enum": "VARCHAR",
    "currency": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "amount": "DECIMAL(38,6)",
    "unit_amount": "DECIMAL(38,6)",
    "quantity": "DECIMAL(38,6)",
    "percent": "DECIMAL(38,6)",
    "rate": "DECIMAL(38,12)",
    "fraction": "DECIMAL(38,12)",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}
APP_TYPES = CSV_TYPES | {"minor": "BIGINT"}
DECIMALS = frozenset({"amount", "unit_amount", "quantity", "percent", "rate", "fraction"})
NUMBERS = DECIMALS | {"integer"}
TIMES = frozenset({"date", "instant"})


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    `required` = the header must have it; its cells may be blank only with `blank`.
    """

    name: str
    type: str
    required: bool = False
    blank: bool = False
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    min: Decimal | None = None
    max: Decimal | None = None
    above: Decimal | None = None
    personal: bool = False
    meanings: tuple[str, ...] = ()
    """of an export's enum, what each of its values is here; empty where it is the same"""
    utc: bool = False
    """of an export's instant: written without an offset, and in UTC"""
    keep: bool = False
    """of an export's column: its cell stays with the row, as those of unknown columns do"""

    @property
    def sql_type(self) -> str:
        return APP_TYPES[self.type]

    @property
    def must_be_filled(self) -> bool:
        return self.required and not self.blank


@dataclass(frozen=True)
class DataSet:
    """What a data set is. `key` is empty where identical rows are legitimate and counted."""

    name: str
    description: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    total: tuple[str, ...] = ()
    total_defaults: dict[str, str] = field(default_factory=dict)
    ordered: tuple[tuple[str, str], ...] = ()

    @property
    def total_currency(self) -> str | None:
        return "currency" if "currency" in self.columns else None

    @property
    def identity(self) -> list[str]:
        """The stored columns by which one row is told from another; `row_key` where there is no key."""
        stored = {name for name, _ in self.stored_columns()}
        return [name for key in self.key for name in (key, f"{key}_is_utc") if name in stored] or ["row_key"]

    def stored_columns(self) -> list[tuple[str, str]]:
        """Name and DuckDB type of every stored column; an instant has its `_is_utc` beside it."""
        stored: list[tuple[str, str]] = []
        for column in self.columns.values():
            stored.append((column.name, column.sql_type))
            if column.type == "instant":
                stored.append((f"{column.name}_is_utc", "BOOLEAN"))
        return stored


@dataclass(frozen=True)
class Make:
    """How a file's rows become rows of one data set. `columns` are SQL over the file's own columns, `when` says which
    rows count; a column that is not named has no value.

    `derived_key` is the column that is made of the row's content and of how often it came before; `identified_by` tells
    the rows of a set without a key apart where the export has an id for them. Rows with an `owner` (a column of the
    data set) belong to a version of it: a file with another version replaces them. A version is told by the columns
    `version`, or, where `whole` says that the file has every row of the owner, by all their content.
    `total` is the amount and its currency that the receipt adds up, instead of what the data set says.
    """

    data_set: DataSet
    columns: dict[str, str]
    when: str | None = None
    derived_key: str | None = None
    identified_by: str | None = None
    owner: str | None = None
    version: str | None = None
    whole: str = "false"
    takes_extra: bool = True
    total: tuple[str, str] | None = None


@dataclass(frozen=True)
class Check:
    """What an export's row says against itself or against the other rows of its document: `fails` is SQL."""

    column: str
    fails: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """One header that data may come with: a data set's own, or an export's.

    `is_direct` = every row is one row of the one data set, each cell judged by that set's own column. A report has a
    title above its header, and its rows with anything in the first cell (sections, totals) are no data. Of a file that
    has a title only, rows with nothing but a first cell and rows that begin with "total" are none. Cells of the
    `fill_down` columns may stand in the first row of a document only, which the first of these columns names;
    `fill_from_above` is the same for documents that nothing names: one begins where the first of these is filled.

    `derived` are further columns, SQL over the others and over the document's other rows. `nothing` says of the rows
    that no make wants what they are.
    """

    name: str
    description: str
    makes: tuple[Make, ...]
    headers: dict[str, str]
    """header as compared (lower case, trimmed) → column of the file"""
    columns: dict[str, Column]
    """column of the file → how its cells are judged"""
    constants: dict[str, str] = field(default_factory=dict)
    keyless: bool = False
    derived_key: str | None = None
    is_direct: bool = True
    is_report: bool = False
    has_title: bool = False
    fill_down: tuple[str, ...] = ()
    fill_from_above: tuple[str, ...] = ()
    derived: tuple[tuple[str, str], ...] = ()
    checks: tuple[Check, ...] = ()
    nothing: str = "rows that stand for nothing here"

    @property
    def data_set(self) -> DataSet:
        """The one that a file of this layout is filed under."""
        return self.makes[0].data_set

    @property
    def data_sets(self) -> list[DataSet]:
        """Every one that it makes rows of."""
        return list({make.data_set.name: make.data_set for make in self.makes}.values())

    @property
    def has_owner(self) -> bool:
        return any(make.owner for make in self.makes)

    @property
    def required(self) -> list[str]:
        return [name for name, column in self.columns.items() if column.required]


@dataclass(frozen=True)
class AppTable:
    """A table of the core as its change log carries it.

    `personal` = current values only, never in the log, which names those that changed on entries of `logged_as`; they
    stand in the core's table `table`.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    personal: bool = False
    table: str = ""
    logged_as: str = ""

    def stored_columns(self) -> list[tuple[str, str]]:
        return [(name, APP_TYPES[kind]) for name, kind in self.columns.items()]


def header_key(text: str) -> str:
    """How a header is compared: case and outer spaces do not count."""
    return text.strip().casefold()
