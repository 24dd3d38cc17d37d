"""The door of the command line: help, version, wrong words, interruptions."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sluss import cli as entry
from sluss.cli import main
from sluss.commands import completion, migrate
from sluss.commands.families import FAMILIES
from sluss.version import VERSION

HEAVY = {"litestar", "sqlalchemy", "uvicorn", "msgspec", "structlog", "jinja2", "httpx", "asyncio"}


@pytest.mark.parametrize("words", [["--version"], ["version"], ["--help"], []])
def test_the_quick_words_import_nothing_heavy(words: list[str]) -> None:
    """The start in under 150 ms, asserted by what is imported."""
    script = f"import sys; from sluss.cli import main; main({words!r}); print(*{{name.split('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not HEAVY & set(ran.stdout.splitlines()[-1].split())


def test_version_says_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sluss {VERSION}\n"


def test_help_is_by_task_and_fits_a_small_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert all(f"sluss {name}" in "\n".join(lines) for name in FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"usage: sluss {name}")
    assert len(said.out.splitlines()) <= 32
    assert said.err == ""


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["demoo"], "Did you mean demo?"),
        (["agent"], "required"),
        (["agent", "sack"], "invalid choice: 'sack'"),
        (["agent", "add", "x@y.example", "--role", "king"], "--role"),
        (["serve", "--port", "many"], "--port"),
        (["serve", "--port", "70000"], "port"),
        (["restore"], "file"),
        (["backup", "a", "b"], "b"),
        (["doctor", "--frob"], "--frob"),
        (["config", "--data"], "--data"),
    ],
)
def test_wrong_words_get_a_sentence_and_exit_code_2(words: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert part in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_an_unknown_setting_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SLUSS_PROT", "8001")
    assert main(["config"]) == 2
    assert "SLUSS_PROT" in capsys.readouterr().err


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "_run", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_what_nobody_foresaw_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("the moon is in the way")

    monkeypatch.setattr(migrate, "run", broken)
    assert main(["migrate"]) == 1
    said = capsys.readouterr().err
    assert "the moon is in the way" in said
    assert "sluss doctor" in said


def test_a_reader_that_went_away_is_no_error() -> None:
    """`sluss config | head -1`."""
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run([sys.executable, "-m", "sluss.cli", "config"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in (*FAMILIES, "disable", "release"))
    assert set(completion.WITHIN) <= set(FAMILIES)


def test_the_bash_script_completes(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out + "\nCOMP_WORDS=(sluss agent en) COMP_CWORD=2; _sluss; echo ${COMPREPLY[@]}"
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.strip() == "enable"
