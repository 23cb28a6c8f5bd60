"""Tables of a PostGIS database as registers: rows of text and shapes. Needs the extra `postgis`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from circle15.errors import DataError
from circle15.sources.layers import layer_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from circle15.sources.tables import Table

__all__ = ["is_database", "read_database_rows", "without_password"]

_URL = re.compile(r"postgres(?:ql)?://")
_PASSWORD = re.compile(r"(?<=://)([^:@/]*):[^@/]*@")
_PASSWORD_SETTING = re.compile(r"((?:^|[?&])password=)[^&]*", re.IGNORECASE)


def is_database(source: str) -> bool:
    """Whether a source is a database's address.

    >>> is_database("postgresql://me@host/city"), is_database("a.gpkg")
    (True, False)
    """
    return _URL.match(source) is not None


def without_password(url: str) -> str:
    """An address as it may be shown.

    >>> without_password("postgresql://me:secret@host/city?password=secret")
    'postgresql://me@host/city?password=…'
    """
    return _PASSWORD_SETTING.sub(r"\1…", _PASSWORD.sub(r"\1@", url))


def read_database_rows(url: str, *, table: str | None, sql: str | None) -> Table:
    """A table's or query's rows, numbered from 1, ordered as the database gives them.

    Parameters
    ----------
    url : `postgresql://user@host:port/database`; the password may come from PGPASSWORD or ~/.pgpass.
    table : `name` or `schema.name`; read in the order of its first column.
    sql : a query instead.

    Raises
    ------
    DataError
        when the extra isn't installed, neither or both of table and sql are given, the database can't be reached or
        refuses the query; never with a password.
    """
    shown = without_password(url)
    if (table is None) == (sql is None):
        raise DataError(f"{shown}: give either table or sql")
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra
        import sqlalchemy  # noqa: PLC0415 - an extra
    except ImportError:
        raise DataError(f"{shown}: needs a driver; install it with: pip install 'circle15[postgis]'") from None
    query = sql if sql is not None else f"SELECT * FROM {_quoted(shown, str(table))} ORDER BY 1"  # noqa: S608 - quoted
    try:
        address = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
        engine = sqlalchemy.create_engine(address, hide_parameters=True, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SET TRANSACTION READ ONLY"))
            frame = _frame(connection, query)
    except (sqlalchemy.exc.SQLAlchemyError, UnicodeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        why = " ".join(str(getattr(error, "orig", None) or error).split())
        secret = re.search(r"://[^:@/]*:([^@/]*)@", url)
        if secret and secret[1]:
            why = why.replace(secret[1], "…")
        raise DataError(
            f"{shown}: {'sql' if sql is not None else f'table {table}'} can't be read ({why}); "
            "check the address, the rights, the password (PGPASSWORD or ~/.pgpass) and the query"
        ) from None
    return layer_table(f"{shown} {table or 'sql'}", frame)


def _frame(connection: Connection, query: str) -> pd.DataFrame:
    """The rows, with shapes where a column holds such."""
    import sqlalchemy  # noqa: PLC0415 - an extra

    statement = sqlalchemy.text(query.replace(":", r"\:"))
    with connection.execute(statement) as result:
        cursor: Any = result.cursor
        types = {column.name: column.type_code for column in cursor.description or ()}
    if not types:
        raise DataError("sql gives no rows; write a SELECT")
    found = connection.execute(sqlalchemy.text("SELECT oid FROM pg_type WHERE typname IN ('geometry', 'geography')"))
    spatial = set(found.scalars())
    shapes = [name for name, code in types.items() if code in spatial]
    if not shapes:
        return pd.read_sql(statement, connection)
    frame = gpd.read_postgis(statement, connection, geom_col=shapes[0])
    codes = {int(code) for code in shapely.get_srid(frame.geometry.to_numpy()) if code > 0}
    if len(codes) > 1:
        raise DataError(
            f"shapes have several coordinate systems ({', '.join(map(str, sorted(codes)))}); transform them"
        )
    rest: pd.DataFrame = frame.drop(columns=shapes[1:])
    return rest


def _quoted(shown: str, table: str) -> str:
    parts = table.split(".")
    if not all(parts) or len(parts) > 2 or '"' in table or "\0" in table:
        raise DataError(f"{shown}: table '{table}' is no name; write name or schema.name, or a query as sql")
    return ".".join(f'"{part}"' for part in parts)
