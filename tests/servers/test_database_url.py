from pathlib import Path

import pytest
import sqlalchemy as sa


@pytest.fixture(scope="session")
def prepare_database():
    return _lay


def _lay(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE cases (number integer)"))
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_prepared_database_has_its_schema_and_no_rows(database_url: str, turn: int):
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO cases VALUES (10482)"))
        assert connection.execute(sa.text("SELECT count(*) FROM cases")).scalar() == 1
    engine.dispose()


def test_an_empty_database_has_no_schema(empty_database_url: str):
    engine = sa.create_engine(empty_database_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_two_kinds_are_named_alike_everywhere(database_url: str, request: pytest.FixtureRequest):
    kind = request.node.callspec.id
    assert database_url.startswith({"sqlite": "sqlite:////", "postgresql": "postgresql+psycopg://"}[kind])
    assert (request.node.get_closest_marker("servers") is not None) == (kind == "postgresql")


def test_sqlite_files_lie_in_the_tests_folder(database_url: str, tmp_path: Path):
    assert database_url.startswith("postgresql") or database_url == f"sqlite:///{tmp_path}/sluss.db"
