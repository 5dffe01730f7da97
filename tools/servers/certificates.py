"""For a certificate authority of our own, and a certificate of loopback signed by it."""
import pathlib
from typing import NamedTuple

from servers.installing import program, run

DAYS = 3650
STORE_PASSWORD = "store-secret"


class Certificates(NamedTuple):
    """Files, in PEM where nothing else is said: what a client trusts, what a server shows, and what a client shows."""

    authority: pathlib.Path
    certificate: pathlib.Path
    key: pathlib.Path
    client_certificate: pathlib.Path  # what a client shows to a server that asks who it is
    client_key: pathlib.Path
    client_store: pathlib.Path  # both in PKCS#12


def certificates_in(folder: pathlib.Path) -> Certificates:
    """Gives the certificates of a folder, and makes them when there are none."""
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key",
                        folder / "client.pem", folder / "client.key", folder / "client.p12")
    if made.client_store.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    new = [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS]
    authority_key = folder / "ca.key"
    run([*new, "-keyout", authority_key, "-out", made.authority, "-subj", "/CN=headwater test authority",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    for key, certificate, name, usage in ((made.key, made.certificate, "localhost", "serverAuth"),
                                          (made.client_key, made.client_certificate, "headwater", "clientAuth")):
        run([*new, "-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-CA", made.authority, "-CAkey", authority_key,
             "-addext", "basicConstraints=critical,CA:FALSE",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
             "-addext", f"extendedKeyUsage={usage}"])
    run([program("openssl"), "pkcs12", "-export", "-in", made.client_certificate, "-inkey", made.client_key,
         "-out", made.client_store, "-passout", f"pass:{STORE_PASSWORD}"])
    return made
