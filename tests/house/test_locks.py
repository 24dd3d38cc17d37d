import pytest

from tests.house import locks
from tests.house.tree import ROOT, check_none

RUN = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CHECK = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
HASH = f"    --hash=sha256:{'0' * 64}"


@pytest.mark.parametrize("lock", [RUN, CHECK], ids=["run", "check"])
def test_every_package_has_one_version_and_hashes(lock: str):
    """T117."""
    check_none(locks.faults_of_lock(lock))


def test_the_locks_hold_what_the_project_asks_for():
    assert locks.asked_for(PROJECT, "build") - locks.versions(RUN).keys() == set()
    assert locks.asked_for(PROJECT, "build", "dev") - locks.versions(CHECK).keys() == set()


def test_what_is_checked_is_what_runs():
    assert locks.versions(RUN).items() - locks.versions(CHECK).items() == set()


@pytest.mark.parametrize(
    "lock",
    [
        f"msgspec==0.22.0 \\\nnh3==0.3.8 \\\n{HASH}",
        f"--find-links somewhere\nmsgspec==0.22.0 \\\n{HASH}",
        f"msgspec>=0.22 \\\n{HASH}",
        f"msgspec @ https://example.com/msgspec.whl \\\n{HASH}",
    ],
)
def test_a_loose_lock_is_found(lock: str):
    assert len(list(locks.faults_of_lock(lock))) == 1


def test_a_tight_lock_is_left_alone():
    assert list(locks.faults_of_lock(f"uvloop==0.23.0 ; sys_platform != 'win32' \\\n{HASH} \\\n{HASH}\n")) == []
