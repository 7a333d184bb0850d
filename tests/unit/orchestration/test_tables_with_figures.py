"""Which of the core's tables figures rest on, by what the dbt project says that it reads."""

from orchestration.core import tables_with_figures


def test_they_are_the_tables_that_models_read_and_personal_columns_count_to_the_table_of_their_row() -> None:
    read = [
        ("raw_app", "deals"),
        ("raw_app", "customer_profiles"),
        ("raw_app", "expenses_personal"),
        ("raw_csv", "sales"),
        ("run", "tenants"),
    ]
    manifest = {"sources": {name: {"schema": schema, "name": name} for schema, name in read}}
    assert tables_with_figures(manifest) == {"deals", "customers", "expenses"}
