"""Registers in a PostGIS database, held against a real server that the test starts, or skipped where there is none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from circle15.config import ReadingSection, RegisterSection
from circle15.errors import DataError
from circle15.sources.postgis import without_password
from circle15.sources.registers import read_register

PASSWORD = "geheim-7"  # noqa: S105 - of the test's own server


def server_folder():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    config = shutil.which("pg_config")
    if config:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        found.insert(0, Path(told))
    return next((folder for folder in found if (folder / "initdb").is_file()), None)


def as_owner(command, folder):
    """A command run by somebody who isn't root, as the server insists on."""
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    return subprocess.run(
        [str(part) for part in command], cwd=folder, check=True, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def database():
    pytest.importorskip("psycopg", reason="the extra postgis isn't installed")
    programs = server_folder()
    if programs is None or sys.platform == "win32":
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql postgresql-postgis)")
    if not any(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("PostGIS is not installed (apt-get install postgresql-postgis)")
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("run by root, and there is no setpriv to become somebody else")
    import psycopg  # noqa: PLC0415 - an extra

    # pytest's own folders are closed to others, so to the one that root becomes
    folder = Path(tempfile.mkdtemp(prefix="c15pg-"))
    secret = folder / "pw"
    secret.write_text(PASSWORD, encoding="ascii")
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        shutil.chown(secret, "nobody", "nogroup")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    try:
        as_owner(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "planner",
                "-A",
                "scram-sha-256",
                "--pwfile",
                secret,
                "-E",
                "UTF8",
                "-N",
            ],
            folder,
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        as_owner([programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"], folder)
        try:
            address = f"postgresql://planner@127.0.0.1:{port}/postgres"
            with psycopg.connect(address, password=PASSWORD, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION postgis")
                connection.execute("CREATE TABLE 设施 (编号 int, 名称 text, 类别 text, geom geometry(Point, 4527))")
                connection.execute(
                    "INSERT INTO 设施 SELECT n, t, k, ST_Transform(ST_SetSRID(ST_MakePoint(x, y), 4326), 4527) "
                    "FROM (VALUES (1, '光河药店', '药店', 116.5872, 35.4151), "
                    "(2, '南门菜市场', '农贸市场', 116.59, 35.42)) AS v(n, t, k, x, y)"
                )
                connection.execute("INSERT INTO 设施 VALUES (3, '糖店', '药店', NULL)")
                connection.execute("CREATE TABLE plain AS SELECT 7 AS id, 116.5 AS lon, 35.4 AS lat, 12.0 AS weight")
            yield address
        finally:
            as_owner([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def password(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


def reading(address, **settings):
    return ReadingSection(database=address, **settings)


def test_a_table_with_shapes_is_a_register(database, password):
    register = read_register(database, settings=reading(database, table="public.设施"))
    assert register.frame["site_id"].tolist() == ["1", "2"]
    assert register.frame["name"].tolist() == ["光河药店", "南门菜市场"]
    assert register.frame.geometry.x.tolist() == pytest.approx([116.5872, 116.59], abs=1e-8)
    assert register.site_kinds["rule"].tolist() == ["public.设施 row 1", "public.设施 row 2"]
    assert register.unlocated["name"].tolist() == ["糖店"]


def test_a_query_and_a_table_without_shapes(database, password):
    query = "SELECT 编号 AS id, 类别, geom FROM 设施 WHERE 名称 LIKE '%药%' AND '1:2' = '1:2'"
    assert read_register(database, settings=reading(database, sql=query)).frame["site_id"].tolist() == ["1"]
    homes = read_register(database, what="residences", settings=reading(database, table="plain")).frame
    assert homes[["residence_id", "weight"]].to_numpy().tolist() == [["7", 12.0]]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"table": "nichts"}, 'table nichts can\'t be read (relation "nichts" does not exist'),
        ({"sql": "SELEKT 1"}, "sql can't be read (syntax error"),
        ({"table": 'a"b'}, "is no name; write name or schema.name"),
        ({"sql": "DELETE FROM plain"}, "cannot execute DELETE in a read-only transaction"),
    ],
)
def test_what_the_database_refuses_is_one_sentence(database, password, settings, told):
    with pytest.raises(DataError) as caught:
        read_register(database, settings=reading(database, **settings))
    assert str(caught.value).startswith(without_password(database))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_password_is_never_shown(database, monkeypatch):
    monkeypatch.delenv("PGPASSWORD", raising=False)
    wrong = database.replace("planner@", "planner:falsch-9@")
    with pytest.raises(DataError) as caught:
        read_register(wrong, settings=ReadingSection(database=database, table="plain"))
    assert "falsch-9" not in str(caught.value)
    assert "planner@127.0.0.1" in str(caught.value)
    right = database.replace("planner@", f"planner:{PASSWORD}@")
    register = read_register(right, what="residences", settings=ReadingSection(database=database, table="plain"))
    assert PASSWORD not in repr(register)


def test_a_config_never_holds_a_password():
    for address in ("postgresql://me:geheim@host/db", "postgresql://host/db?password=geheim"):
        with pytest.raises(ValueError, match="holds a password") as caught:
            RegisterSection(database=address, table="sites")
        assert "PGPASSWORD" in str(caught.value)


def test_without_the_extra_its_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DataError, match=r"pip install 'circle15\[postgis\]'"):
        read_register("postgresql://me@host/db", settings=ReadingSection(database="postgresql://me@host/db", table="a"))


def test_without_a_server_nothing_hangs():
    pytest.importorskip("psycopg", reason="the extra postgis isn't installed")
    address = "postgresql://me@127.0.0.1:1/db"
    with pytest.raises(DataError, match="can't be read"):
        read_register(address, settings=ReadingSection(database=address, table="a"))
