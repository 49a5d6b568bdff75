"""A real nginx with one server block per animal, and the keeper who makes their certificates."""

import getpass
import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
CRL_HOST = "crl.zoo.example"
PAGE = "<html lang=vi><title>Cổng dịch vụ công</title><h1>Hà Nội</h1><p>Nộp hồ sơ trực tuyến</p></html>"


@dataclass(frozen=True, kw_only=True, eq=False)
class Issued:
    """A certificate and its key, so that it can sign others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Keeper:
    """Issues certificates; what many of them need is made once."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    @cached_property
    def root(self) -> Issued:
        """The one that is trusted."""
        return self.authority("trusted root")

    @cached_property
    def stranger(self) -> Issued:
        return self.authority("root nobody trusts")

    @cached_property
    def between(self) -> Issued:
        return self.authority("intermediate", self.root)

    @cached_property
    def rsa_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    def authority(self, name: str, signer: Issued | None = None, *, depth: int | None = None, **more) -> Issued:
        return self.issue(name, signer, ca=True, depth=depth, end=3650 * DAY, **more)

    def leaf(self, *names: str, signer: Issued | None = None, **more) -> Issued:
        """For servers of these names, by the intermediate unless somebody else signs."""
        usage = more.pop("usage", ExtendedKeyUsageOID.SERVER_AUTH)
        extensions = [*more.pop("extensions", ()), (x509.ExtendedKeyUsage([usage]), False)]
        if names:
            extensions.append((x509.SubjectAlternativeName([general(name) for name in names]), False))
        common = more.pop("common", names[0] if names else "nobody")
        return self.issue(common, signer or self.between, extensions=extensions, **more)

    def self_signed(self, *names: str) -> Issued:
        alternatives = x509.SubjectAlternativeName([general(name) for name in names])
        return self.issue(names[0], extensions=[(alternatives, False)])

    def issue(
        self,
        common: str,
        signer: Issued | None = None,
        *,
        ca: bool = False,
        depth: int | None = None,
        start: timedelta = -DAY,
        end: timedelta = 90 * DAY,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
        signing: ec.EllipticCurvePrivateKey | None = None,
    ) -> Issued:
        """Signed by itself where there is no signer; `signing`: with another key than the signer's."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
        by = signing or (signer.key if signer else key)
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=signer.certificate.subject if signer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + min(start, end - DAY))
            .not_valid_after(self.now + end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=depth), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if signer:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return Issued(certificate=builder.sign(by, hashes.SHA256()), key=key)

    def crl(self, *revoked: Issued) -> bytes:
        """The intermediate's list of these, as DER."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.between.certificate.subject)
            .last_update(self.now - DAY)
            .next_update(self.now + DAY)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(self.now - DAY).build())
        return builder.sign(self.between.key, hashes.SHA256()).public_bytes(Encoding.DER)


def general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.fixture(scope="session")
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture(scope="session")
def nginx(tmp_path_factory) -> Iterator[Callable[..., Mapping[str, int]]]:
    """`nginx({name: (chains, directives)}, files)`: the ports of the blocks, and under "plain" that of the files.

    The sockets are ours and handed over to nginx: they are of free ports, and they listen before nginx is there, so that
    nobody has to wait for it.
    """
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not program:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed; `make debian-packages` installs it")
    folder = tmp_path_factory.mktemp("zoo")
    running: list[subprocess.Popen] = []

    def start(blocks, files):
        sockets = {name: socket.create_server(("127.0.0.1", 0), backlog=128) for name in (*blocks, "plain")}
        ports = {name: sock.getsockname()[1] for name, sock in sockets.items()}
        written = "".join(block(folder, name, ports[name], *blocks[name]) for name in blocks)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        plain = f"server {{ listen 127.0.0.1:{ports['plain']}; root {folder}; }}\n"
        (folder / "nginx.conf").write_text(HEAD.format(folder=folder, user=getpass.getuser()) + written + plain + "}\n")
        handed = tuple(sock.fileno() for sock in sockets.values())
        environment = {**os.environ, "NGINX": ";".join(map(str, handed)) + ";"}
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
        running.append(subprocess.Popen(command, env=environment, pass_fds=handed))
        for sock in sockets.values():
            sock.close()
        return ports

    yield start
    for one in running:
        one.terminate()
        one.wait()


HEAD = """daemon off; user {user}; pid {folder}/pid;
events {{ worker_connections 256; }}
http {{
access_log off; ssl_session_cache off; ssl_session_tickets off; default_type text/html; charset utf-8;
client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
"""


def block(folder: Path, name: str, port: int, chains: Sequence[Sequence[Issued]], directives: str) -> str:
    """One server block; a second chain is one for another kind of key."""
    lines = []
    for number, chain in enumerate(chains):
        file = folder / f"{port}-{number}"
        file.with_suffix(".pem").write_bytes(b"".join(one.pem for one in chain))
        file.with_suffix(".key").write_bytes(chain[0].key_pem)
        lines.append(f"ssl_certificate {file}.pem; ssl_certificate_key {file}.key;")
    if "ssl_protocols" not in directives:
        lines.append("ssl_protocols TLSv1.2 TLSv1.3;")
    shown = "\n".join(lines)
    return f"server {{ # {name}\nlisten 127.0.0.1:{port} ssl;\n{shown}\n{directives}\nlocation / {{ return 200 '{PAGE}'; }}\n}}\n"
