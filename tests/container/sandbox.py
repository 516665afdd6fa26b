"""A container without an engine: the namespaces of the kernel that an engine would use, entered by hand.

The base image is stood in for by this machine's own ``/usr`` and Python, read-only; nothing else of this machine is
seen inside, least of all this checkout. So what an image lacks is missing here too.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

BASE_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": "/usr/local/lib",  # the image of Python has told ld.so.cache
}
_UNSHARE = ("unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child")
_FROM_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "nsswitch.conf", "localtime")
_LOOPBACK_UP = (
    "import fcntl, socket, struct; "
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0x41))"  # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING
)


def unavailable() -> str | None:
    """Why no container can be made here; None when it can."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        return "a container needs Linux and root"
    tried = subprocess.run([*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return None if tried.returncode == 0 else f"no namespaces to be had: {tried.stderr.decode().strip()}"


@dataclass(frozen=True)
class Mount:
    """A folder of this machine as it is seen inside."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Setting:
    """How a process is run inside."""

    environment: Mapping[str, str]
    folder: str = "/"
    user: str = "0:0"
    read_only: bool = False
    mounts: Sequence[Mount] = field(default_factory=tuple)


def make_base(root: Path) -> None:
    """Fill an empty folder with what a base image has, apart from ``/usr``."""
    for name in ("dev", "etc", "opt", "proc", "root", "tmp", "usr", "var/lib"):
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    for name in ("bin", "sbin", "lib", "lib64"):
        if (Path("/") / name).is_symlink():
            (root / name).symlink_to((Path("/") / name).readlink())
    for name in _FROM_ETC:
        if (source := Path("/etc") / name).is_dir():
            shutil.copytree(source, root / "etc" / name, symlinks=True)
        elif source.exists():
            shutil.copy(source, root / "etc" / name)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    _make_python(_local(root))


def _make_python(local: Path) -> None:
    """``/usr/local`` with a Python of this version and its pip as the image of Python has them: without tests and
    bytecode of its library."""
    library = Path(sysconfig.get_path("stdlib"))
    copied = local / "lib" / library.name
    left_out = shutil.ignore_patterns("test", "tests", "idle_test", "config-*", "*-packages", "__pycache__")
    shutil.copytree(library, copied, symlinks=True, ignore=left_out)
    (local / "bin").mkdir()
    interpreter = local / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(Path(sys.executable).resolve(), interpreter)
    for name in ("python", "python3"):
        interpreter.with_name(name).symlink_to(interpreter.name)
    linked = library.parent / str(sysconfig.get_config_var("INSTSONAME"))
    if linked.suffix != ".a" and linked.exists():
        shutil.copy(linked, local / "lib")
    pip = find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    shutil.copytree(Path(pip.origin).parent, copied / "site-packages" / "pip")
    (copied / "dist-packages").symlink_to("site-packages")  # where a Python of Debian looks


def _local(root: Path) -> Path:
    """What is mounted at ``/usr/local``: it can lie in no folder below ``/usr`` of this machine."""
    return root.with_name(f"{root.name}.local")


def copy_base(root: Path, to: Path) -> None:
    """A root to go on from, as a stage of a build does. Files are links: what is written anew is written beside."""
    for source, target in ((root, to), (_local(root), _local(to))):
        shutil.copytree(source, target, symlinks=True, copy_function=os.link)
    (to / "tmp").chmod(0o1777)


def command(root: Path, setting: Setting, words: Sequence[str]) -> list[str]:
    """What runs ``words`` inside as process 1, with no capability left when the user is not root."""
    user, _, group = setting.user.partition(":")
    dropped = ("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs") if user != "0" else ()
    entered = [
        *("chroot", str(root), "/usr/bin/env", "-i", f"--chdir={setting.folder}"),
        *(f"{name}={value}" for name, value in setting.environment.items()),
        *("/usr/bin/setpriv", f"--reuid={user}", f"--regid={group or user}", "--clear-groups", *dropped, *words),
    ]
    return [*_UNSHARE, "sh", "-euc", "\n".join([*_mounting(root, setting), f"exec {shlex.join(entered)}"])]


def _mounting(root: Path, setting: Setting) -> list[str]:
    lines = [
        shlex.join([sys.executable, "-c", _LOOPBACK_UP]),
        f"mount --bind {root} {root}",
        *_bind(Mount(Path("/usr"), "/usr"), root),
        *_bind(Mount(_local(root), "/usr/local", writable=not setting.read_only), root),
        f"mount -t proc proc {root}/proc",
        f"mount --rbind /dev {root}/dev",
    ]
    for mount in setting.mounts:
        lines += _bind(mount, root)
    if setting.read_only:
        lines += [f"mount -o remount,bind,ro {root}", f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp"]
    return lines


def _bind(mount: Mount, root: Path) -> list[str]:
    target = f"{root}{mount.target}"
    make = [] if mount.target.startswith("/usr/") else [f"mkdir -p {shlex.quote(target)}"]
    bind = shlex.join(["mount", "--bind", str(mount.source), target])
    return [*make, bind, *([] if mount.writable else [f"mount -o remount,bind,ro {shlex.quote(target)}"])]


def inside(pid: int, setting: Setting, words: Sequence[str]) -> list[str]:
    """What runs ``words`` beside a running process 1, as ``docker exec`` does."""
    user, _, group = setting.user.partition(":")
    return [
        *("nsenter", f"--target={pid}", "--mount", "--net", "--ipc", "--pid", "--root", "--wd"),
        *("/usr/bin/env", "-i", *(f"{name}={value}" for name, value in setting.environment.items())),
        *("/usr/bin/setpriv", f"--reuid={user}", f"--regid={group or user}", "--clear-groups", *words),
    ]
