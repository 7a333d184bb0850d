"""What closing and reopening months comes to, and which closes are still to be frozen."""

from datetime import date, datetime
from pathlib import Path

from ingestion.closes import PeriodChange
from orchestration.closing import MANIFEST, NEVER, closes_of, sweep, waves

AT = datetime.fromisoformat("2026-03-01T12:00:00")


def changes(tenant: str, *told: str) -> list[PeriodChange]:
    """Such as "+2026-01" for a close and "-2026-01" for a reopening, a sequence each."""
    return [PeriodChange(tenant, one[1:], one[0] == "+", no, no, AT, "ann") for no, one in enumerate(told, start=1)]


def test_a_close_freezes_the_days_after_the_close_before_it() -> None:
    closes = closes_of(changes("t", "+2025-12", "+2026-01", "+2026-02"))
    assert [(one.after, one.until) for one in closes.in_effect] == [
        (NEVER, date(2025, 12, 31)),
        (date(2025, 12, 31), date(2026, 1, 31)),
        (date(2026, 1, 31), date(2026, 2, 28)),
    ]
    assert closes.in_effect[2].before == closes.in_effect[:2]
    assert closes.closed_months() == {"t": date(2026, 2, 1)}


def test_a_reopened_month_is_no_longer_closed_and_may_be_closed_again() -> None:
    closes = closes_of(changes("t", "+2026-01", "+2026-02", "-2026-02", "+2026-02"))
    assert [(one.month, one.seq) for one in closes.in_effect] == [("2026-01", 1), ("2026-02", 4)]
    assert [(one.month, one.seq, one.reopened_by) for one in closes.reopened] == [("2026-02", 2, "ann")]
    assert [one.seq for one in closes.made] == [1, 2, 4]
    assert closes_of(changes("t", "+2026-01", "-2026-01")).in_effect == ()


def test_one_pass_freezes_a_close_of_each_tenant_and_none_twice(tmp_path: Path) -> None:
    closes = closes_of([*changes("a", "+2026-01", "+2026-02"), *changes("b", "+2026-01", "+2026-02")])
    frozen = closes.made[0].folder(tmp_path)
    frozen.mkdir(parents=True)
    (frozen / MANIFEST).write_text("{}")
    found = [[(one.tenant_id, one.month) for one in wave] for wave in waves(tmp_path, closes)]
    assert found == [[("b", "2026-01"), ("a", "2026-02")], [("b", "2026-02")]]


def test_a_folder_without_its_last_file_is_no_close_and_what_was_half_written_goes(tmp_path: Path) -> None:
    (close,) = closes_of(changes("a/../b", "+2026-01")).made
    close.folder(tmp_path).mkdir(parents=True)
    assert close.folder(tmp_path).parent.parent == tmp_path / "closed"
    half = close.folder(tmp_path).parent / ".x.writing"
    half.mkdir()
    sweep(tmp_path)
    assert list(waves(tmp_path, closes_of(changes("a/../b", "+2026-01")))) == [[close]]
    assert not half.exists()
