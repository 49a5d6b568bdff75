"""What is looked at: a real nginx with several certificate chains, slow and dead hosts, and the server of their names."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.keys import KINDS, chain

HERE = Path(__file__).parent
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"  # Debian's is where root looks
HOSTS = 100  # names of each target
ADDRESSES = {
    "plain": "127.0.1.1",
    "ecdsa": "127.0.1.2",
    "rsa": "127.0.1.3",
    "long": "127.0.1.4",
    "slow": "127.0.1.5",
    "slowtls": "127.0.1.6",
    "dead": "127.0.1.7",  # where nothing listens
}
PLAIN = ("plain", "slow", "dead")  # HTTP; the others speak TLS

_WORDS = "Cổng dịch vụ công của một tỉnh chỉ có trong phép đo này. "
PAGE = (
    '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>Cổng dịch vụ công</title></head>'
    f'<body><h1>Dịch vụ công trực tuyến</h1><p>{_WORDS * 10}</p><p><a href="/login">Đăng nhập</a></p></body></html>'
)

_NGINX = """
daemon off;
master_process off;
user root root;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  # As in Debian's nginx.conf, without TLS 1.0 and 1.1.
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_prefer_server_ciphers on;
  default_type "text/html; charset=utf-8";
  proxy_read_timeout 600s;
  proxy_connect_timeout 600s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  add_header Cache-Control "no-cache, no-store";
  add_header X-Frame-Options SAMEORIGIN;
  add_header X-Content-Type-Options nosniff;
  add_header Set-Cookie "session=7f3c9a; Path=/; HttpOnly";
  {servers}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Running targets."""

    folder: Path
    root: Path  # PEM of every root to trust
    holding: subprocess.Popen[str]


def url(target: str, number: int = 0) -> str:
    return f"{'http' if target in PLAIN else 'https'}://{host(target, number)}/"


def host(target: str, number: int = 0) -> str:
    return f"h{number % HOSTS}.{target}.bench.example"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Targets]:
    """Everything listens when this is entered."""
    roots, servers = _servers(folder)
    root = folder / "roots.pem"
    root.write_bytes(roots)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, servers=servers))
    zone = [f"{target}={address}" for target, address in ADDRESSES.items()]
    with contextlib.ExitStack() as stack:
        _ready(stack.enter_context(_program([sys.executable, str(HERE / "names.py"), *zone])))
        holding = stack.enter_context(_program([sys.executable, str(HERE / "holding.py")]))
        _ready(holding)
        subprocess.run([NGINX, "-t", "-q", "-p", folder, "-c", config], check=True)
        stack.enter_context(_program([NGINX, "-p", str(folder), "-c", str(config)]))
        yield Targets(folder=folder, root=root, holding=holding)


@contextlib.contextmanager
def _program(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.terminate()


def _ready(program: subprocess.Popen[str]) -> None:
    if program.stdout is None or program.stdout.readline() != "listening\n":
        raise RuntimeError(f"{program.args!r} does not listen")


def _servers(folder: Path) -> tuple[bytes, str]:
    """The roots to trust, and nginx's server blocks. The slow one with TLS has the short ECDSA chain."""
    chains = {kind: chain(kind, f"{kind}.bench.example", folder) for kind in KINDS}
    (folder / "slowtls").mkdir()
    chains["slowtls"] = chain("ecdsa", "slowtls.bench.example", folder / "slowtls")
    blocks = [_server("plain", ""), _server("slow", "")]
    for target, made in chains.items():
        tls = f"ssl_certificate {made.presented}; ssl_certificate_key {made.key};"
        blocks.append(_server(target, tls))
    return b"".join(made.root for made in chains.values()), "\n  ".join(blocks)


def _server(target: str, tls: str) -> str:
    listen = f"{ADDRESSES[target]}:443 ssl backlog=16384" if tls else f"{ADDRESSES[target]}:80 backlog=16384"
    answer = "proxy_pass http://127.0.0.1:8080;" if target.startswith("slow") else f"return 200 '{PAGE}';"
    return f"server {{ listen {listen}; {tls} location / {{ {answer} }} }}"
