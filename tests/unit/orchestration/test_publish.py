"""Write, audit, publish: what readers can and cannot see while versions come and go."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from orchestration.publish import BuildLocked, NothingPublished, Warehouse, build_lock, lock_holder


def built(folder: Path, text: str = "x") -> Path:
    path = folder / "build" / "build.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def publish(warehouse: Warehouse, text: str = "x", **options: bool) -> str:
    version = warehouse.next_version()
    warehouse.publish(built(warehouse.folder, text), version, "2026-01-31", 5, **options)
    return version


def test_readers_follow_the_pointer_to_the_newest_version(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, "first")
    publish(warehouse, "second")
    assert warehouse.path_of().read_text() == "second"
    assert warehouse.path_of("1").read_text() == "first"


def test_before_the_first_publication_readers_are_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="nothing published yet; run revhouse build"):
        Warehouse(tmp_path).path_of()


def test_a_published_version_cannot_be_written_again(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    version = publish(warehouse)
    with pytest.raises(FileExistsError):
        warehouse.publish(built(tmp_path), version, "2026-01-31", 5)


def test_a_version_number_is_not_used_twice_even_after_a_crash_before_the_pointer_moved(
    tmp_path: Path,
) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse)
    publish(warehouse, move_pointer=False)
    assert warehouse.next_version() == "000003"
    assert warehouse.current() is not None and warehouse.current().version == "000001"


def test_a_build_file_with_a_write_ahead_log_is_refused(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    path = built(tmp_path)
    path.with_name("build.duckdb.wal").write_text("left")
    with pytest.raises(RuntimeError, match="not checkpointed"):
        warehouse.publish(path, "000001", "2026-01-31", 5)
    assert warehouse.current() is None


def test_a_failed_build_leaves_the_last_version_labelled_stale_until_the_next_success(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, "good")
    warehouse.mark_stale("no rate for JPY on 2026-01-31")
    pointer = warehouse.current()
    assert pointer is not None and pointer.stale and pointer.stale_reason == "no rate for JPY on 2026-01-31"
    assert warehouse.path_of().read_text() == "good"
    publish(warehouse, "better")
    assert warehouse.current() is not None and not warehouse.current().stale


def test_pruning_keeps_the_newest_versions_and_always_the_current_one(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for _ in range(5):
        publish(warehouse)
    assert warehouse.prune(keep=2, keep_bytes=10**9) == ["000001", "000002", "000003"]
    assert warehouse.prune(keep=1, keep_bytes=0) == ["000004"]
    assert warehouse.versions() == ["000005"]


def test_looks_at_the_past_are_pruned_too_but_not_the_newest_one(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse)
    for _ in range(3):
        publish(warehouse, move_pointer=False)
    assert warehouse.prune(keep=2, keep_bytes=10**9) == ["000002", "000003"]
    assert warehouse.versions() == ["000001", "000004"]


def test_pruning_by_disk_size_removes_the_oldest_first(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for _ in range(4):
        publish(warehouse, "x" * 100)
    assert warehouse.prune(keep=10, keep_bytes=250) == ["000001", "000002"]


def test_a_second_build_waits_and_then_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with build_lock(tmp_path, 1, "run abc"):
        code = (
            "import sys, pathlib, orchestration.publish as publish\n"
            "publish.build_lock(pathlib.Path(sys.argv[1]), 0.2, 'second').__enter__()"
        )
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
    assert second.returncode == 1
    assert "a build is running: run abc, process" in second.stderr


def test_the_lock_of_a_killed_build_is_free_at_once(tmp_path: Path) -> None:
    code = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from orchestration.publish import build_lock
        with build_lock(Path(sys.argv[1]), 0, "doomed"):
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    assert lock_holder(tmp_path) is None
    with build_lock(tmp_path, 0, "next"):
        assert "next" in (lock_holder(tmp_path) or "")


def test_the_same_process_cannot_take_the_lock_twice(tmp_path: Path) -> None:
    with (
        build_lock(tmp_path, 0, "one"),
        pytest.raises(BuildLocked, match="one"),
        build_lock(tmp_path, 0, "two"),
    ):
        pass
