"""For a certificate authority of our own, and a certificate of loopback signed by it."""
import pathlib
from typing import NamedTuple

from servers.installing import program, run

DAYS = 3650


class Certificates(NamedTuple):
    """Files in PEM: what a client trusts, and what a server shows."""

    authority: pathlib.Path
    certificate: pathlib.Path
    key: pathlib.Path


def certificates_in(folder: pathlib.Path) -> Certificates:
    """Gives the certificates of a folder, and makes them when there are none."""
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    if made.certificate.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    new = [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS]
    authority_key = folder / "ca.key"
    run([*new, "-keyout", authority_key, "-out", made.authority, "-subj", "/CN=headwater test authority",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    run([*new, "-keyout", made.key, "-out", made.certificate, "-subj", "/CN=localhost",
         "-CA", made.authority, "-CAkey", authority_key,
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
         "-addext", "extendedKeyUsage=serverAuth"])
    return made
