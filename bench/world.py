"""A network of the bench's own: loopback, name server and ports belong to nobody else while it measures.

The program starts itself anew in fresh network and mount namespaces (`unshare`), as root or as root of a user
namespace. There every contender finds the same name server in /etc/resolv.conf, and ports 53, 80 and 443 are free.
"""

import fcntl
import os
import resource
import socket
import struct
import subprocess
import sys
from pathlib import Path

NAME_SERVER = "127.0.0.1:53"
_INSIDE = "NPSP_BENCH_INSIDE"
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_SETTINGS = {"net/ipv4/ip_local_port_range": "2048 65535", "net/core/somaxconn": "16384"}


def enter(folder: Path) -> None:
    """Go on inside; `folder` is the bench's temporary one. Returns only there."""
    if not os.environ.get(_INSIDE):
        root = () if os.geteuid() == 0 else ("--map-root-user",)
        os.environ[_INSIDE] = "1"
        os.execvp("unshare", ["unshare", *root, "--mount", "--net", "--", sys.executable, *sys.argv])
    _loopback_up()
    _raise_limits()
    names = folder / "resolv.conf"
    names.write_text(f"nameserver {NAME_SERVER.partition(':')[0]}\n")
    subprocess.run(["mount", "--bind", names, "/etc/resolv.conf"], check=True)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(sock, _SIOCGIFFLAGS, asked))
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    for name, value in _SETTINGS.items():
        Path("/proc/sys", name).write_text(value)


def _raise_limits() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cores() -> tuple[int, int]:
    """Where the targets run, and where what is measured does; the same one where there is only one."""
    all_of_them = sorted(os.sched_getaffinity(0))
    return all_of_them[0], all_of_them[-1]
