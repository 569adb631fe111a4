"""Makes certificates with openssl: an authority, and what it has signed, right and wrong."""

import subprocess
from pathlib import Path

AUTHORITY = """
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
copy_extensions = copy
unique_subject = no
[policy]
commonName = supplied
"""
PAST, FUTURE = ("20200101000000Z", "20210101000000Z"), ("20900101000000Z", "20910101000000Z")
NOW = ("20200101000000Z", "20910101000000Z")
FOR_LOCALHOST = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


class Authority:
    """A certification authority in a folder of its own, as openssl's manual makes one."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder / name
        self._folder.mkdir()
        (self._folder / "index.txt").touch()
        (self._folder / "authority.cnf").write_text(AUTHORITY)
        self._run(f"req -x509 {KEY} -days 9000 -subj /CN={name} -keyout ca.key -out ca.pem")
        self.file = str(self._folder / "ca.pem")

    def sign(
        self, name: str, valid: tuple[str, str] = NOW, extension: str = FOR_LOCALHOST
    ) -> tuple[str, str]:
        """Return a certificate and its key, signed by this authority."""
        start, end = valid
        self._run(
            f"req {KEY} -new -subj /CN={name} -addext {extension} "
            f"-keyout {name}.key -out {name}.csr"
        )
        self._run(
            "ca -config authority.cnf -batch -notext -cert ca.pem -keyfile ca.key "
            f"-in {name}.csr -out {name}.pem -startdate {start} -enddate {end}"
        )
        return str(self._folder / f"{name}.pem"), str(self._folder / f"{name}.key")

    def intermediate(self, name: str = "intermediate") -> "Authority":
        """Return an authority that this one has signed."""
        other = Authority(self._folder, name)
        certificate, key = self.sign(name, extension="basicConstraints=critical,CA:TRUE")
        Path(other.file).write_bytes(Path(certificate).read_bytes())
        Path(other.file).with_suffix(".key").write_bytes(Path(key).read_bytes())
        return other

    def _run(self, command: str) -> None:
        subprocess.run(
            ["openssl", *command.split()], cwd=self._folder, check=True, capture_output=True
        )
