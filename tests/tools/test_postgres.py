"""The temporary PostgreSQL leaves nothing behind."""

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tools import postgres

pytestmark = pytest.mark.postgresql


def test_cluster_requires_password_and_is_removed() -> None:
    with postgres.cluster(settings={"application_name": "ours"}) as running:
        with psycopg.connect(running.url) as connection:
            row = connection.execute(
                "SELECT current_setting('data_directory'), current_setting('fsync'), pg_backend_pid()"
            ).fetchone()
        assert row is not None
        folder, fsync, _ = row
        assert fsync == "off"
        assert Path(folder).exists()
        parts = urlsplit(running.url)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(running.url.replace(f":{parts.password}@", ":wrong@"))
    assert not Path(folder).parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.url)


def fail_inside(seen: list[str]) -> None:
    with postgres.cluster(durable=True) as running:
        with psycopg.connect(running.url) as connection:
            for name in ("data_directory", "fsync"):
                row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
                seen.append(row[0] if row else "")
        raise ZeroDivisionError


def test_failed_block_removes_the_cluster() -> None:
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        fail_inside(seen)
    assert seen[1] == "on"
    assert not Path(seen[0]).exists()
