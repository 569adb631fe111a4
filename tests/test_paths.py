from pathlib import Path

import pytest

from edgenode.paths import CREDENTIAL, PATH, resolve

FOLDER = Path("/etc/edgenode")


def test_a_relative_path_is_beside_the_file_and_an_absolute_one_stays() -> None:
    assert resolve(PATH, FOLDER, "ca.pem") == "/etc/edgenode/ca.pem"
    assert resolve(PATH, FOLDER, "/ca.pem") == "/ca.pem"


def test_a_bare_name_is_a_credential_and_a_path_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")

    assert resolve(CREDENTIAL, FOLDER, "mqtt") == "/run/credentials/x/mqtt"
    assert resolve(CREDENTIAL, FOLDER, "./mqtt") == "/etc/edgenode/mqtt"
    assert resolve(CREDENTIAL, FOLDER, "/run/mqtt") == "/run/mqtt"


def test_outside_a_unit_a_bare_name_is_beside_the_file_if_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "here").touch()

    assert resolve(CREDENTIAL, tmp_path, "here") == str(tmp_path / "here")
    assert resolve(CREDENTIAL, tmp_path, "elsewhere") == "elsewhere"
