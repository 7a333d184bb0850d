"""Jobs run by one process at a time, and one that fails does not stop the others."""

import time
from pathlib import Path

from transactional_api.database import Database
from transactional_api.kit.jobs import Job, JobRunner
from transactional_api.settings import Settings


def wait_for(condition: object, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:  # type: ignore[operator]
        time.sleep(0.02)
    assert condition()  # type: ignore[operator]


def test_one_process_works_at_a_time_and_the_next_takes_over_at_once(database: Database, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    worked: list[str] = []

    def job(name: str) -> Job:
        return Job("count", 0.01, lambda _database, _settings: worked.append(name) or 1)  # type: ignore[func-returns-value]

    first, second = JobRunner(database, settings, [job("first")]), JobRunner(database, settings, [job("second")])
    first.start()
    wait_for(lambda: worked)
    second.start()
    time.sleep(0.3)
    assert set(worked) == {"first"}
    first.stop()
    wait_for(lambda: "second" in worked)
    second.stop()


def test_a_job_that_fails_is_counted_and_the_others_go_on(database: Database, tmp_path: Path) -> None:
    def fails(_database: Database, _settings: Settings) -> int:
        raise RuntimeError("no")

    rounds: list[tuple[str, int, bool]] = []
    jobs = [Job("fails", 0, fails), Job("works", 0, lambda _database, _settings: 3)]
    runner = JobRunner(database, Settings(home=tmp_path), jobs)
    runner.on_round = lambda *each: rounds.append(each)
    assert runner.run_due() == 3
    assert rounds == [("fails", 0, True), ("works", 3, False)]
    runner.stop()
