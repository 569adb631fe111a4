from pathlib import Path

import pytest

from edgenode.paths import CredentialPath, FilePath


def test_a_relative_path_is_beside_the_file_and_an_absolute_one_stays() -> None:
    folder = Path("/etc/edgenode")

    assert FilePath.beside(folder, "ca.pem") == "/etc/edgenode/ca.pem"
    assert FilePath.beside(folder, "/ca.pem") == "/ca.pem"


def test_a_bare_name_is_a_credential_and_a_path_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    folder = Path("/etc/edgenode")

    assert CredentialPath.beside(folder, "mqtt") == "/run/credentials/x/mqtt"
    assert CredentialPath.beside(folder, "./mqtt") == "/etc/edgenode/mqtt"
    assert CredentialPath.beside(folder, "/run/mqtt") == "/run/mqtt"


def test_outside_a_unit_a_bare_name_is_beside_the_file_if_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "here").touch()

    assert CredentialPath.beside(tmp_path, "here") == str(tmp_path / "here")
    assert CredentialPath.beside(tmp_path, "elsewhere") == "elsewhere"
