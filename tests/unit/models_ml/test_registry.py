from dataclasses import replace
from datetime import date

import duckdb

from models_ml.registry import Entry, Registry, Training, read_registry, write_all, write_registry

JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


def entry(trained_at: date, status: str = "accepted", tenant: str = "acme", **more: object) -> Entry:
    hash_ = None if status == "fallback" else f"{trained_at:%m}" * 32
    made = Entry(
        tenant, "churn", "", "logistic", "accepted", trained_at, (JANUARY, JANUARY), {"log_loss": 0.4}, hash_, ""
    )
    return replace(made, status=status, **more)  # type: ignore[arg-type]


def test_training_is_due_once_in_a_month_of_the_as_of_date() -> None:
    registry = Registry("churn", (entry(date(2026, 1, 3)),))
    assert not registry.is_due(JANUARY, "acme")
    assert registry.is_due(date(2026, 2, 1), "acme")
    assert registry.is_due(JANUARY, "other")
    assert registry.is_due(date(2026, 1, 2), "acme"), "a build of the past does not know what was trained later"


def test_training_that_is_switched_off_is_never_due_and_one_that_is_asked_for_always() -> None:
    assert not Registry("churn", (), Training(allowed=False)).is_due(JANUARY, "acme")
    assert Registry("churn", (entry(JANUARY),), Training(again=True)).is_due(JANUARY, "acme")


def test_a_refused_challenger_leaves_the_champion() -> None:
    registry = Registry("churn", (entry(JANUARY), entry(FEBRUARY, "refused")))
    champion = registry.champion(MARCH, "acme")
    assert champion is not None and champion.trained_at == JANUARY


def test_a_fallback_decided_later_ends_the_champion() -> None:
    registry = Registry("churn", (entry(JANUARY), entry(FEBRUARY, "fallback")))
    assert registry.champion(MARCH, "acme") is None
    assert registry.champion(JANUARY, "acme") is not None


def test_a_build_of_the_past_does_not_use_what_was_trained_later() -> None:
    registry = Registry("churn", (entry(JANUARY), entry(MARCH)))
    champion = registry.champion(FEBRUARY, "acme")
    assert champion is not None and champion.trained_at == JANUARY
    assert registry.champion(date(2025, 12, 31), "acme") is None


def test_training_twice_on_a_day_meets_the_champion_before_it_and_replaces_the_days_row() -> None:
    registry = Registry("churn", (entry(JANUARY), entry(MARCH)))
    incumbent = registry.incumbent(MARCH, "acme")
    assert incumbent is not None and incumbent.trained_at == JANUARY
    decided = registry.decided([entry(MARCH, algorithm="forest")], {"acme": MARCH})
    assert [(one.trained_at, one.algorithm) for one in decided.entries] == [(JANUARY, "logistic"), (MARCH, "forest")]


def test_tenants_that_are_gone_and_days_to_come_are_not_carried_on() -> None:
    registry = Registry("churn", (entry(JANUARY), entry(MARCH), entry(JANUARY, tenant="gone")))
    assert registry.decided([], {"acme": FEBRUARY}).entries == (entry(JANUARY),)


def test_the_table_gives_back_what_was_written_and_the_union_marks_the_champions() -> None:
    written = Registry("churn", (entry(JANUARY), entry(FEBRUARY, "refused"), entry(MARCH, "fallback", window=None)))
    with duckdb.connect() as connection:
        connection.execute("create schema run; create table run.tenants (tenant_id varchar, as_of date)")
        connection.execute("insert into run.tenants values ('acme', date '2026-02-28')")
        assert read_registry(connection, "churn", Training()).entries == ()
        write_registry(connection, written)
        assert read_registry(connection, "churn", Training()).entries == written.entries
        assert write_all(connection) == [("acme", "churn", "", "01" * 32)]
        marked = connection.execute("select trained_at from ml.model_registry where is_champion").fetchall()
    assert marked == [(JANUARY,)]


def test_a_challenger_that_was_refused_on_the_day_of_the_champions_training_is_not_marked_as_champion() -> None:
    kept, refused = entry(JANUARY), entry(JANUARY, "refused", algorithm="forest", hash="02" * 32)
    with duckdb.connect() as connection:
        connection.execute("create schema run; create table run.tenants (tenant_id varchar, as_of date)")
        connection.execute("insert into run.tenants values ('acme', date '2026-02-28')")
        write_registry(connection, Registry("churn", (refused, kept)))
        write_all(connection)
        marked = connection.execute("select algorithm from ml.model_registry where is_champion").fetchall()
    assert marked == [("logistic",)]


def test_where_there_was_too_little_each_build_of_the_month_looks_again_and_leaves_one_row() -> None:
    early = entry(date(2026, 1, 3), "fallback", metrics={})
    registry = Registry("churn", (early,))
    assert registry.is_due(JANUARY, "acme")
    assert registry.decided([entry(JANUARY)], {"acme": JANUARY}).entries == (entry(JANUARY),)
    judged = Registry("churn", (entry(date(2026, 1, 3), "fallback"),))
    assert not judged.is_due(JANUARY, "acme"), "a model that lost to the plain rule was judged, once a month"
    february = registry.decided([entry(FEBRUARY)], {"acme": FEBRUARY})
    assert february.entries == (early, entry(FEBRUARY)), "the row of an earlier month stays"
