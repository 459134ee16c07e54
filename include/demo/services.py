"""PostgreSQL, Redis and nginx of the system's packages, each as a child process that listens on loopback alone.

nginx rather than a few lines of our own: it is what stands before several API servers in earnest, and a server that is
away costs a caller nothing, since it asks the other one.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from include.demo.ports import LOOPBACK, free_ports
from include.demo.processes import DemoError

_INSTALL = "apt-get install postgresql redis-server nginx"
_PACKAGES = ("apache-airflow-providers-celery", "redis", "psycopg2-binary", "asyncpg")
# Debian keeps PostgreSQL's and nginx's programs off the path of ordinary users; Red Hat has its own folder.
_ELSEWHERE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/sbin", "/usr/local/sbin")
_POSTGRES_USER = "postgres"  # PostgreSQL refuses to run as root
_INITDB_SECONDS = 120
_CONNECT_SECONDS = 0.5


def missing() -> list[str]:
    """Returns a sentence for each thing that a distributed Airflow needs and that is not installed here."""
    absent = [name for name in ("postgres", "initdb", "redis-server", "nginx") if _find(name) is None]
    found = [f"Not installed: {', '.join(absent)}. On Debian and Ubuntu: {_INSTALL}"] if absent else []
    if os.geteuid() == 0 and not absent:
        try:
            pwd.getpwnam(_POSTGRES_USER)
        except KeyError:
            found.append(f"PostgreSQL does not run as root, and there is no user {_POSTGRES_USER} to run it as")
    without = [name for name in _PACKAGES if not _has_package(name)]
    if without:
        found.append(f"Python packages are missing: pip install {' '.join(without)} -c constraints.txt")
    return found


def _find(program: str) -> str | None:
    if found := shutil.which(program):
        return found
    folders = [folder for pattern in _ELSEWHERE for folder in sorted(Path("/").glob(pattern[1:]), key=_newest)]
    return shutil.which(program, path=os.pathsep.join(map(str, folders))) if folders else None


def _newest(folder: Path) -> tuple[int, ...]:
    """Sorts version 17 before version 9."""
    return tuple(-int(part) for part in folder.parts if part.isdecimal())


def _has_package(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _program(name: str) -> str:
    found = _find(name)
    if found is None:
        raise DemoError(f"{name} is not installed. On Debian and Ubuntu: {_INSTALL}")
    return found


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A database server with the one user ``airflow``. ``home``: the demo's folder."""

    home: Path
    port: int
    password: str = field(default_factory=secrets.token_urlsafe, repr=False)

    @property
    def user(self) -> str | None:
        """Returns the system's user that runs it, None for the present one."""
        return _postgres_user()

    @property
    def folder(self) -> Path:
        return _data_folder(self.home)

    @property
    def address(self) -> str:
        return f"airflow:{self.password}@{LOOPBACK}:{self.port}/postgres"

    def create(self) -> None:
        """Makes an empty database. Raises `DemoError` with what initdb says."""
        remove_data(self.home)
        self.folder.mkdir(mode=0o700)
        words = self.folder.with_name(f"{self.folder.name}.password")
        try:
            words.touch(mode=0o600)
            words.write_text(self.password)
            if self.user:
                shutil.chown(self.folder, self.user)
                shutil.chown(words, self.user)
            options = ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", f"--pwfile={words}"]
            done = subprocess.run(
                [_program("initdb"), "-D", str(self.folder), "-U", "airflow", *options],
                cwd="/",
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                check=False,
                capture_output=True,
                text=True,
                timeout=_INITDB_SECONDS,
            )
        finally:
            words.unlink(missing_ok=True)
        if done.returncode:
            raise DemoError(f"PostgreSQL's database could not be made: {done.stderr.strip()}")

    def command(self) -> Sequence[str]:
        options = {"listen_addresses": LOOPBACK, "unix_socket_directories": ""}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [_program("postgres"), "-D", str(self.folder), "-p", str(self.port), *settings]


def remove_data(home: Path) -> None:
    """Removes PostgreSQL's data, which may lie outside the demo's folder."""
    shutil.rmtree(_data_folder(home), ignore_errors=True)


def _postgres_user() -> str | None:
    return _POSTGRES_USER if os.geteuid() == 0 else None


def _data_folder(home: Path) -> Path:
    """As root it is not in the demo's folder, into which PostgreSQL's user may not look."""
    user = _postgres_user()
    if user is None:
        return home / "postgresql"
    return Path(pwd.getpwnam(user).pw_dir) / f"alva-lever-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Redis:
    """Celery's queue. It keeps its messages in a file, so that a restart loses none."""

    home: Path
    port: int
    password: str = field(default_factory=secrets.token_urlsafe, repr=False)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def create(self) -> None:
        lines = {
            "bind": LOOPBACK, "port": self.port, "requirepass": self.password, "dir": f'"{self.home}"',
            "appendonly": "yes", "save": '""',
        }  # fmt: skip
        self._settings.touch(mode=0o600)
        self._settings.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    def command(self) -> Sequence[str]:
        return [_program("redis-server"), str(self._settings)]

    @property
    def _settings(self) -> Path:
        return self.home / "redis.conf"


@dataclass(frozen=True, slots=True)
class Proxy:
    """One address, ``port``, before several API servers. It keeps the path as it is, which webhooks need."""

    home: Path
    port: int
    servers: tuple[int, ...]

    def create(self) -> None:
        # Nothing is buffered in files: its workers may not write here where it is started as root.
        servers = "\n".join(f"    server {LOOPBACK}:{port} max_fails=1 fail_timeout=2s;" for port in self.servers)
        temporary = "\n".join(f"  {kind}_temp_path {kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        self._folder.mkdir()
        self._settings.write_text(
            f"""\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path client_body;
{temporary}
  upstream airflow {{
{servers}
    keepalive 16;
  }}
  server {{
    listen {LOOPBACK}:{self.port};
    location / {{
      proxy_pass http://airflow;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_connect_timeout 5s;
      proxy_read_timeout 120s;
      proxy_buffering off;
      proxy_request_buffering off;
    }}
  }}
}}
"""
        )

    def command(self) -> Sequence[str]:
        return [_program("nginx"), "-p", str(self._folder), "-c", str(self._settings), "-e", "stderr"]

    @property
    def _folder(self) -> Path:
        return self.home / "nginx"

    @property
    def _settings(self) -> Path:
        return self._folder / "nginx.conf"


def listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        return probe.connect_ex((LOOPBACK, port)) == 0


def services(home: Path, port: int, server_count: int) -> tuple[PostgreSQL, Redis, Proxy]:
    """Returns the three on free ports; the proxy listens on ``port``, before so many API servers."""
    database, queue, *servers = free_ports(2 + server_count, other_than=port)
    return PostgreSQL(home, database), Redis(home, queue), Proxy(home, port, tuple(servers))
