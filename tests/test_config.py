"""Settings: where they come from, and what becomes of wrong ones."""

from pathlib import Path

import pytest

from sluss.config import BadSetting, Config, describe, load


def test_what_is_given_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "sluss.toml").write_text('host = "a"\nport = 1\nrole = "web"\n')
    config = load({"host": "c"}, {"SLUSS_DATA": str(tmp_path), "SLUSS_HOST": "b", "SLUSS_PORT": "2"})
    assert (config.host, config.port, config.role, config.session_days) == ("c", 2, "web", Config().session_days)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SLUSS_PORTT": "1"}, "SLUSS_PORTT"),
        ({"SLUSS_PORT": "many"}, "port"),
        ({"SLUSS_PORT": "70000"}, "port"),
        ({"SLUSS_ROLE": "king"}, "role"),
        ({"SLUSS_CONFIG": "/nowhere/sluss.toml"}, "/nowhere/sluss.toml"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, environment: dict[str, str], named: str) -> None:
    with pytest.raises(BadSetting, match=named):
        load(None, {"SLUSS_DATA": str(tmp_path)} | environment)


def test_every_setting_says_what_it_means() -> None:
    assert all(name.startswith("SLUSS_") and text.endswith(".") for name, _, text in describe())
    assert len(describe()) == len(Config.__struct_fields__)
