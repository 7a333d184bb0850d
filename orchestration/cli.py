"""The `revhouse` command. Exit 0: done. 1: the work failed, nothing was published. 2: wrong usage.

Each command imports what it needs when it runs: `drop` and `sql` never pay for Dagster or dbt.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration import progress
from orchestration.settings import Settings

if TYPE_CHECKING:
    from ingestion.csv import Receipt

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The revenue warehouse that explains its numbers.",
)
out = Console(highlight=False, width=None if sys.stdout.isatty() else 500)
err = Console(stderr=True, highlight=False, soft_wrap=True)

AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Figures as of the end of this day.")]


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class Told(StrEnum):
    tree = "tree"
    json = "json"


class EraseReason(StrEnum):
    data_subject_request = "data_subject_request"
    consent_withdrawn = "consent_withdrawn"
    retention_ended = "retention_ended"
    other = "other"


@contextmanager
def shown_progress() -> Iterator[None]:
    """A live line on a terminal, one line per step otherwise."""
    if not err.is_terminal:
        latest: dict[str, str] = {}

        def plain(step: str, message: str) -> None:
            if latest and step not in latest:
                err.print("{}: {}".format(*latest.popitem()), markup=False)
            latest[step] = message

        try:
            with progress.listening(plain):
                yield
        finally:
            for step, message in latest.items():
                err.print(f"{step}: {message}", markup=False)
        return
    with err.status("starting") as status:
        done: dict[str, str] = {}

        def live(step: str, message: str) -> None:
            if step not in done and done:
                name, text = next(reversed(done.items()))
                err.print(f"[green]✓[/] {name}: {text}")
            done[step] = message
            status.update(f"{step}: {message}")

        with progress.listening(live):
            yield
        if done:
            name, text = next(reversed(done.items()))
            err.print(f"[green]✓[/] {name}: {text}")


def fail(message: str) -> typer.Exit:
    """One clear line on stderr; the caller raises what this returns."""
    err.print(f"revhouse: {message}", markup=False)
    return typer.Exit(1)


def checked_version(version: str) -> str | None:
    """A version as the user wrote it; none is the published one. Anything but a number is wrong usage."""
    if version and not version.isdigit():
        err.print(f"revhouse: {version!r} is not a version; they are numbers such as 000003", markup=False)
        raise typer.Exit(2)
    return version or None


@app.command()
def drop(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders to copy into the drop.")],
    tenant: Annotated[str, typer.Option(help="Whose data this is.")] = "default",
) -> None:
    """Take in CSV files and print a receipt for each."""
    from ingestion.csv import Receipt, copy_into_drop, scan_drop, shown
    from orchestration.tenants import load_tenants

    settings = Settings()
    tenants = load_tenants(settings.home / "tenants.toml")
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        err.print(f"revhouse: no such file or folder: {', '.join(missing)}", markup=False)
        raise typer.Exit(2)
    not_read: list[str] = []

    def on_passed(path: Path, reason: str) -> None:
        not_read.append(f"not read: {shown(path)}: {reason}")

    copied = copy_into_drop(settings.home, paths, tenant, on_passed)
    receipts: list[Receipt] = []

    def on_receipt(receipt: Receipt) -> None:
        receipts.append(receipt)
        progress.report("drop", f"{len(receipts)}/{len(copied)} files")

    with shown_progress():
        scan_drop(settings.home, tenants.time_zone_of, on_receipt, on_passed=on_passed)
    print_receipts(receipts)
    for line in not_read:
        out.print(line, markup=False)
    if any(receipt.status == "refused" for receipt in receipts):
        raise typer.Exit(1)


def print_receipts(receipts: "Sequence[Receipt]") -> None:
    from ingestion.csv import shown

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "receipt", "data set", "status"):
        table.add_column(column, overflow="fold")
    for column in ("read", "accepted", "quarantined"):
        table.add_column(column, justify="right")
    table.add_column("control total", justify="right")
    for receipt in receipts:
        totals = ", ".join(f"{amount} {currency}".strip() for currency, amount in receipt.control_totals.items())
        table.add_row(
            *(
                Text(cell)
                for cell in (shown(receipt.file_name), receipt.file_id, receipt.data_set or "", receipt.status)
            ),
            f"{receipt.rows_read:,}",
            f"{receipt.rows_accepted:,}",
            f"{receipt.rows_quarantined:,}",
            totals,
        )
    out.print(table)
    for receipt in receipts:
        if receipt.reason:
            out.print(f"{shown(receipt.file_name)}: {receipt.reason}", markup=False)


@app.command()
def undo(file_id: Annotated[str, typer.Argument(help="The receipt's file id, such as f12.")]) -> None:
    """Take one dropped file back out of raw; its content counts again if it is dropped again."""
    from ingestion.retract import undo as retract

    settings = Settings()
    seq = retract(settings.home, file_id)
    out.print(f"{file_id} no longer counts from sequence {seq} on; run revhouse build to publish that")


@app.command()
def quarantine(
    file_ids: Annotated[list[str] | None, typer.Argument(help="Receipts' file ids; default every file's.")] = None,
    tenant: Annotated[str, typer.Option(help="Only this tenant's files.")] = "",
    out_folder: Annotated[Path, typer.Option("--out", help="Where to write.")] = Path(),
) -> None:
    """Write quarantined rows as CSVs, each with its reasons beside it: mend them and drop them again."""
    from ingestion.csv.mend import export_quarantined

    done = export_quarantined(Settings().home, out_folder, file_ids or (), tenant or None)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("receipt", "tenant", "file", "rows", "written to"):
        table.add_column(column, overflow="fold", justify="right" if column == "rows" else "left")
    for one in done:
        named = (one.file_id, one.tenant_id, one.file_name, f"{one.rows:,}", one.why_not or str(one.path))
        table.add_row(*(Text(cell) for cell in named))
    out.print(table)
    for one in done:
        if one.lost:
            out.print(f"{one.file_id}: the text of {one.lost:,} more rows is not kept any more", markup=False)


@app.command()
def build(
    as_of: AsOf = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Recompute every row of every table.")] = False,
    select: Annotated[
        str, typer.Option(help="A Dagster asset selection; the rest is kept from the last version.")
    ] = "",
    known_at: Annotated[int | None, typer.Option(min=1, help="Only what was known at this sequence.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Move readers even to figures of the past.")] = False,
    train: Annotated[
        bool, typer.Option("--train", help="Train the models again, although this month's are there.")
    ] = False,
    nightly: Annotated[
        bool, typer.Option("--nightly", help="Compare every row with the core and tidy up, as every night.")
    ] = False,
) -> None:
    """Ingest, compute, check and publish: the job that Dagster runs."""
    from orchestration.publish import Warehouse
    from orchestration.runner import run_build

    settings = Settings()
    with shown_progress():
        outcome = run_build(
            settings,
            as_of=as_of.date() if as_of else None,
            known_at=known_at,
            select=select,
            publish_anyway=publish,
            full_refresh=full_refresh,
            train=train,
            as_at_night=nightly,
        )
    if outcome.failure:
        raise fail(f"{outcome.failure} (nothing was published)")
    pointer = outcome.pointer
    assert pointer is not None
    current = Warehouse(settings.warehouse).current()
    if current is not None and current.version == pointer.version:
        out.print(f"published version {pointer.version} as of {pointer.as_of} ({pointer.file}, run {outcome.run_id})")
    else:
        out.print(
            f"kept version {pointer.version} as of {pointer.as_of}, known at {pointer.known_at}; readers stay where"
            f" they are (revhouse sql --version {pointer.version} reads it, build --publish moves them)"
        )


@app.command()
def erase(
    customer_id: Annotated[str, typer.Argument(help="Whose personal values go: in the core and in dropped files.")],
    tenant: Annotated[str, typer.Option(help="Whose customer it is.")] = "default",
    reason: Annotated[EraseReason, typer.Option(help="A code for the record.")] = EraseReason.data_subject_request,
) -> None:
    """Erase a person now: core, intake, published figures, older versions and logs. Ids and amounts stay."""
    from orchestration.erase import CustomerUnknown, clean_core, erase_in_core, pending
    from orchestration.runner import run_build

    settings = Settings()
    try:
        line = erase_in_core(settings, tenant, customer_id, reason.value)
    except CustomerUnknown as unknown:
        raise fail(str(unknown)) from unknown
    out.print(f"{line.step}: {line.done}", markup=False)
    with shown_progress():
        outcome = run_build(settings)
    line = clean_core(settings)
    out.print(f"{line.step}: {line.done}", markup=False)
    if outcome.failure:
        raise fail(f"{outcome.failure} (the published figures still show the person; the next build goes on with it)")
    if left := pending(settings):
        raise fail(f"not finished: {', '.join(left)} (the next build goes on with it)")
    assert outcome.pointer is not None
    out.print(f"erased {customer_id} of tenant {tenant}; version {outcome.pointer.version} is the only one kept")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over marts, ml, ops and raw_csv.")],
    output_format: Annotated[Format, typer.Option("--format", help="How to print rows.")] = Format.table,
    version: Annotated[str, typer.Option(help="A version other than the published one.")] = "",
) -> None:
    """Query the published warehouse, read-only."""
    import duckdb

    from orchestration.reader import published, unknown_relation_hint
    from orchestration.rows import print_rows

    with published(Settings(), checked_version(version), lineage="lineage" in query.lower()) as (connection, pointer):
        try:
            statements = connection.extract_statements(query)
        except duckdb.Error as error:
            err.print(f"revhouse: {str(error).splitlines()[0]}", markup=False)
            raise typer.Exit(2) from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            err.print("revhouse: one read-only statement at a time, such as a SELECT", markup=False)
            raise typer.Exit(2)
        if pointer is not None and pointer.stale:
            err.print(f"revhouse: stale: {pointer.stale_reason}", markup=False)
        try:
            print_rows(connection, query, output_format.value, out)
        except duckdb.Error as error:
            raise fail(unknown_relation_hint(error, pointer)) from error


@app.command()
def explain(
    table: Annotated[str, typer.Argument(help="A table of marts, such as revenue_metrics.")],
    column: Annotated[str, typer.Argument(help="One of its figures, such as nrr_12m.")],
    where: Annotated[str, typer.Option(help="Which rows of the table, in SQL; default all.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Parts shown at each step, largest first.")] = 5,
    show_all: Annotated[bool, typer.Option("--all", help="Every part.")] = False,
    output_format: Annotated[Told, typer.Option("--format", help="For people or machines; json has every part.")] = (
        Told.tree
    ),
    version: Annotated[str, typer.Option(help="A version other than the published one.")] = "",
) -> None:
    """Why a figure is what it is: down to lines of files and entries of the core's log."""
    import json

    from orchestration.explain import as_json, as_tree
    from orchestration.explain import explain as explained
    from orchestration.lineage import LineageRefused
    from orchestration.publish import NothingPublished
    from orchestration.reader import published, version_seen

    settings = Settings()
    with published(settings, checked_version(version), lineage=True) as (connection, pointer):
        if pointer is None:
            raise fail(str(NothingPublished()))
        if pointer.stale:
            err.print(f"revhouse: stale: {pointer.stale_reason}", markup=False)
        everything = show_all or output_format is Told.json
        try:
            answer = explained(connection, settings, table, column, where, None if everything else limit)
        except LineageRefused as refused:
            err.print(f"revhouse: {refused}", markup=False)
            raise typer.Exit(2) from None
        seen = version_seen(connection)
    if output_format is Told.json:
        sys.stdout.write(json.dumps(as_json(answer, *seen), default=str, indent=1) + "\n")
    else:
        out.print(as_tree(answer, *seen))


@app.command("diff")
def diff_versions(
    versions: Annotated[list[str] | None, typer.Argument(help="Two versions; default the last two.")] = None,
    table: Annotated[str, typer.Option(help="Only this table.")] = "",
    where: Annotated[str, typer.Option(help="Only these rows of it, in SQL.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Cells of a column and rows of a cell shown, largest first.")] = 3,
    show_all: Annotated[bool, typer.Option("--all", help="Every cell and row.")] = False,
    output_format: Annotated[Told, typer.Option("--format", help="For people or machines.")] = Told.tree,
) -> None:
    """What changed between two versions, what came in between, and which rows changed which figures."""
    import json

    from orchestration.diff import VersionsRefused, both_attached, diff, two_versions
    from orchestration.diff_shown import as_json, print_diff
    from orchestration.lineage import LineageRefused

    settings = Settings()
    given = [checked_version(version) or "" for version in versions or []]
    if len(given) > 2 or (where and not table):
        err.print("revhouse: diff compares two versions, and --where is a condition over one --table", markup=False)
        raise typer.Exit(2)
    try:
        first, second = two_versions(settings, given)
        with both_attached(settings, first, second) as connection:
            found = diff(connection, settings, table, where, None if show_all else limit)
    except (LineageRefused, VersionsRefused, FileNotFoundError) as refused:
        err.print(f"revhouse: {refused}", markup=False)
        raise typer.Exit(2) from None
    if output_format is Told.json:
        sys.stdout.write(json.dumps(as_json(found), default=str, indent=1) + "\n")
    else:
        print_diff(found, out)


@app.command()
def demo(seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 7) -> None:
    """Make a company, write and drop its data, run the whole pipeline and print its figures."""
    from orchestration.demo.run import run_demo

    with shown_progress():
        report = run_demo(Settings(), seed)
    if report.failure:
        raise fail(f"{report.failure} (nothing was published)")
    report.print(out)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; default REVHOUSE_HOST.")] = "",
    port: Annotated[int | None, typer.Option(help="0 picks a free one; default REVHOUSE_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """The API with its dashboard."""
    from orchestration.serve import serve_api

    settings = Settings()
    serve_api(settings, host or settings.host, settings.port if port is None else port, workers)


@app.command()
def work() -> None:
    """The jobs of the core alone: dispatching, reconciling, escalating. `serve` runs them too."""
    from orchestration.serve import work as run_jobs

    run_jobs(Settings())


@app.command()
def dev() -> None:
    """The API with its dashboard, and the Dagster UI with schedules and sensors."""
    from orchestration.serve import serve_dev

    serve_dev(Settings())


@app.command()
def admin(tenant: Annotated[str, typer.Argument(help="Made if it is new.")] = "default") -> None:
    """A one-time password for the tenant's account `admin`, which is made if there is none."""
    from orchestration.core import open_core
    from transactional_api.access.accounts import ADMIN, one_time_for_admin

    settings = Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    with open_core(settings) as database:
        database.migrate()
        password = one_time_for_admin(database, tenant)
    out.print(f"sign in to tenant {tenant} as {ADMIN} with the one-time password {password}", markup=False)


@app.command()
def doctor() -> None:
    """Versions, locks and who holds them, ports, the manifest, disk."""
    from orchestration.doctor import examine

    settings = Settings()
    findings = examine(settings)
    for finding in findings:
        mark = {"ok": "[green]ok[/]  ", "note": "[yellow]note[/]", "bad": "[red]bad[/] "}[finding.state]
        out.print(f"{mark} {finding.what}: ", end="")
        out.print(finding.detail, markup=False)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Entry point: whatever goes wrong in the work is one line and exit 1, with `REVHOUSE_TRACE=1` the whole trace."""
    try:
        app()
    except KeyboardInterrupt:
        err.print("revhouse: stopped")
        raise SystemExit(1) from None
    except Exception as error:
        if os.environ.get("REVHOUSE_TRACE"):
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        err.print(f"revhouse: {text}", markup=False)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
