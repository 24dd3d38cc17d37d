import psycopg
import pytest

from tests.servers.postgres import Postgres


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""))


def test_each_test_gets_a_database_of_its_own(postgres: Postgres):
    first, second = postgres.fresh(), postgres.fresh()
    with _connect(first) as connection:
        connection.execute("CREATE TABLE cases (id bigint)")
    with _connect(second) as connection:
        assert connection.execute("SELECT to_regclass('cases')").fetchone() == (None,)


def test_a_template_is_prepared_once_and_copied(postgres: Postgres):
    runs = []

    def prepare(url: str) -> None:
        runs.append(url)
        with _connect(url) as connection:
            connection.execute("CREATE TABLE cases (id bigint)")

    for _ in range(2):
        with _connect(postgres.fresh(postgres.prepared(prepare))) as connection:
            connection.execute("INSERT INTO cases VALUES (10482)")
            assert connection.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    assert len(runs) == 1


@pytest.mark.parametrize("end", [Postgres.stop, Postgres.crash])
def test_what_was_committed_outlives_a_stop(postgres: Postgres, end):
    url = postgres.fresh()
    with _connect(url) as connection:
        connection.execute("CREATE TABLE cases AS SELECT 10482 AS number")
    end(postgres)
    with pytest.raises(psycopg.OperationalError):
        _connect(url)
    postgres.start()
    with _connect(url) as connection:
        assert connection.execute("SELECT number FROM cases").fetchone() == (10482,)


def test_drop_sends_holders_away(postgres: Postgres):
    url = postgres.fresh()
    holder = _connect(url)
    postgres.drop(url)
    with pytest.raises(psycopg.OperationalError):
        holder.execute("SELECT 1")
    holder.close()


def test_letters_of_three_languages_fold(postgres: Postgres):
    assert postgres.sql("SELECT lower('ÅSA LINDQVIST, ŁUKASZ WÓJCIK')") == [("åsa lindqvist, łukasz wójcik",)]
