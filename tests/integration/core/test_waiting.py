"""Two transactions that wait for each other on PostgreSQL: one is done again, and the caller hears nothing of it."""

import threading

import pytest
from sqlalchemy import text

from transactional_api.access.boundary import Caller
from transactional_api.access.identity import Identity
from transactional_api.database import Database, DatabaseUnavailable, Overtaken, UnitOfWork
from transactional_api.kit.http import Result

pytestmark = pytest.mark.postgres


class Done(Result):
    tries: int


class _Request:
    class route:
        status_code = 200

    scope = {"route": route}  # noqa: RUF012


def test_a_transaction_that_was_overtaken_is_done_again(postgres_url: str) -> None:
    database = Database(postgres_url)
    both = threading.Barrier(2)
    tries: dict[int, int] = {1: 0, 2: 0}
    answers: list[bytes] = []

    def lock(unit: UnitOfWork, number: int) -> None:
        unit.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

    def work(first: int, second: int) -> None:
        caller = Caller(database, Identity.of("acme", "key:x", ("admin",)), _Request())  # type: ignore[arg-type]

        def locks(unit: UnitOfWork) -> Done:
            tries[first] += 1
            lock(unit, first)
            if tries[first] == 1:
                both.wait(10)
            lock(unit, second)
            return Done(tries=tries[first])

        answers.append(caller.perform(locks).body)  # type: ignore[attr-defined]

    workers = [threading.Thread(target=work, args=each) for each in ((1, 2), (2, 1))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(answers) == 2
    assert sorted(tries.values()) == [1, 2]


def test_without_another_try_it_is_said_that_nothing_was_written(postgres_url: str) -> None:
    assert issubclass(Overtaken, DatabaseUnavailable)  # answered as 503
    database = Database(postgres_url)
    with pytest.raises(Overtaken), database.transaction("acme", "test") as unit:
        unit.session.execute(text("DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END$$"))
