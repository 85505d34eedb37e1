"""Runs a Neo4j server without Docker, from Maven's jars, on free loopback ports, for tests and development.

`fetch` (the default) gets the jars, `start` starts the server of $FATHOM_HOME/neo4j and prints what to export, `stop` ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POM = ROOT / "tests" / "neo4j" / "pom.xml"
MAIN = "org.neo4j.server.CommunityEntryPoint"
ADMIN = "org.neo4j.server.startup.Neo4jAdminCommand"
OPENS = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")
START_WITHIN_S = 90.0
STOP_WITHIN_S = 30.0
CONFIGURATION = """server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.bolt.connection_keep_alive={keep_alive_s}s
server.memory.pagecache.size=256m
dbms.usage_report.enabled=false
"""
ENCRYPTED = """server.bolt.tls_level=REQUIRED
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory={folder}
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
dbms.ssl.policy.bolt.client_auth=NONE
"""


class Neo4jMissing(Exception):
    """The server cannot run here; the message names the missing tool."""


def version() -> str:
    """Returns the server's version from the pom."""
    found = re.search(r"<artifactId>neo4j</artifactId>\s*<version>([\d.]+)</version>\s*</dependency>", POM.read_text())
    assert found is not None, POM
    return found.group(1)


def jars() -> Path:
    """Returns the folder of the server's jars; fetches them with Maven the first time. Raises Neo4jMissing."""
    if shutil.which("java") is None:
        raise Neo4jMissing("there is no Java")
    folder = Path.home() / ".cache" / "fathom-neo4j" / version()
    if folder.is_dir():
        return folder
    if shutil.which("mvn") is None:
        raise Neo4jMissing("there is no Maven to fetch its jars")
    half = folder.with_name(f".{folder.name}.{os.getpid()}")
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={half}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(half, ignore_errors=True)
        output = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
        raise Neo4jMissing(f"Maven could not fetch its jars: {output[0]}")
    with contextlib.suppress(FileExistsError, OSError):  # another process may have been quicker
        half.rename(folder)
    shutil.rmtree(half, ignore_errors=True)
    return folder


class Neo4jServer:
    """A Neo4j server in a folder, with its own password; it outlives the process that starts it."""

    user = "neo4j"

    def __init__(self, folder: Path, certificate: Path | None = None, *, keep_alive_s: int = 10) -> None:
        """`certificate` is a folder with private.key and public.crt: with it the server speaks TLS only.

        A driver closes a connection that is silent for twice `keep_alive_s`.
        """
        self.folder = folder.resolve()
        self._keep_alive_s = keep_alive_s
        self._certificate = certificate
        self._record = self.folder / "server.json"

    @property
    def uri(self) -> str:
        """The Bolt address."""
        return f"bolt://127.0.0.1:{self._read()['port']}"

    @property
    def password(self) -> str:
        """The password of the user neo4j."""
        return str(self._read()["password"])

    def start(self) -> None:
        """Starts the server and waits for Bolt. Raises Neo4jMissing, with the end of its log if it does not start."""
        classes = f"{jars()}/*"
        if self._process_is_there():
            return
        self._configure(classes)
        log = self.folder / "console.log"
        opens = [f"--add-opens={package}=ALL-UNNAMED" for package in OPENS]
        places = [f"--home-dir={self.folder}", f"--config-dir={self.folder / 'conf'}", "--console-mode"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["java", *opens, "-Xms512m", "-Xmx512m", "-cp", classes, MAIN, *places],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(process.pid))
        until = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                process.wait()
                raise Neo4jMissing(f"it did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.1)
        process.returncode = 0  # the server keeps running; no code waits for it

    def stop(self) -> None:
        """Stops the server."""
        if not self._process_is_there():
            return
        pid = int((self.folder / "pid").read_text())
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_WITHIN_S
        while self._process_is_there():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        (self.folder / "pid").unlink()

    def _configure(self, classes: str) -> None:
        """Writes the configuration with a free port; sets the password before the first start."""
        configuration = self.folder / "conf" / "neo4j.conf"
        configuration.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        password = self.password if self._record.exists() else ""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        encrypted = ENCRYPTED.format(folder=self._certificate.resolve()) if self._certificate else ""
        configuration.write_text(CONFIGURATION.format(port=port, keep_alive_s=self._keep_alive_s) + encrypted)
        if not password:
            password = secrets.token_hex(18)  # a leading hyphen would make it an option
            places = {"NEO4J_HOME": str(self.folder), "NEO4J_CONF": str(configuration.parent)}
            command = ["java", "-cp", classes, ADMIN, "dbms", "set-initial-password", password]
            done = subprocess.run(command, env=os.environ | places, capture_output=True, text=True)
            if done.returncode:
                raise Neo4jMissing(f"it takes no password: {(done.stderr or done.stdout).strip()[-400:]}")
        self._record.touch(mode=0o600)
        self._record.write_text(json.dumps({"port": port, "password": password}))

    def _read(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self._record.read_text())
        return found

    def _process_is_there(self) -> bool:
        """Returns whether the pid lives and is a server of this folder; the system reuses pids."""
        try:
            pid = int((self.folder / "pid").read_text())
            command = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout
        except (OSError, ValueError):
            return False
        return f"--home-dir={self.folder}" in command

    def _answers(self) -> bool:
        """Returns whether a Bolt handshake yields a version."""
        host, port = "127.0.0.1", int(self.uri.rpartition(":")[2])
        try:
            with socket.create_connection((host, port), timeout=2) as plain, self._secured(plain) as connection:
                connection.sendall(bytes.fromhex("6060b017 00000005 00000004 00000000 00000000"))
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._certificate is None:
            return connection
        context = ssl.create_default_context(cafile=str(self._certificate / "public.crt"))
        context.check_hostname = False
        return context.wrap_socket(connection)


def main(arguments: list[str]) -> int:
    """Runs the command that the argument names."""
    task = arguments[0] if arguments else "fetch"
    server = Neo4jServer(Path(os.environ.get("FATHOM_HOME", ROOT / ".fathom")) / "neo4j")
    try:
        if task == "fetch":
            print(f"The jars of Neo4j {version()} are in {jars()}; `make neo4j ARGS=start` starts a server.")
        elif task == "start":
            server.start()
            print(f"export FATHOM_GRAPH_URI={server.uri}")
            print(f"export FATHOM_GRAPH_USER={server.user}")
            print(f"export FATHOM_GRAPH_PASSWORD={server.password}")
        elif task == "stop":
            server.stop()
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except Neo4jMissing as error:
        print(f"Neo4j cannot run here: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
