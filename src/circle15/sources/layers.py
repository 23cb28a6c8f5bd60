"""Map layers as tables: GeoPackage, GeoJSON, Shapefile (file, folder or .zip), KML and KMZ, read by GDAL."""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from circle15.errors import DataError, head
from circle15.sources.encodings import check_text, decoded
from circle15.sources.tables import Table, check_archive, content_of
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LAYER_ENDINGS", "layer_table", "read_layer_rows"]

LAYER_ENDINGS = (".gpkg", ".geojson", ".json", ".shp", ".zip", ".kml", ".kmz", ".fgb")
"""What is read as a map layer; a folder is a Shapefile."""

_GIVE = "give a GeoPackage, GeoJSON, Shapefile or KML"
_NAME_WIDTH = 10  # bytes of a dBase field's name
_SHAPEFILE_PARTS = {".shp", ".shx", ".dbf", ".prj", ".cpg"}
# what GDAL makes of every KML, whoever drew it
_KML_OWN = {
    "id",
    "timestamp",
    "begin",
    "end",
    "altitudemode",
    "tessellate",
    "extrude",
    "visibility",
    "draworder",
    "icon",
}


def read_layer_rows(path: Path, *, encoding: str | None = None, layer: str | None = None) -> Table:
    """A layer's features as rows of text, numbered from 1, and their shapes.

    Parameters
    ----------
    encoding : of a Shapefile's text; else what its .cpg says if that can be, else what is found.
    layer : its name; else the only one that has features.

    Returns
    -------
    Shapes are flat (heights dropped), valid (a mended one is told in `notes`), and in the file's own coordinate system;
    a missing, empty or endless one is None.

    Raises
    ------
    DataError
        when the file is missing, damaged or in parts, has no layer or several, and when an archive is unsafe.
    """
    if encoding is not None and not (path.is_dir() or path.suffix.lower() in {".shp", ".zip"}):
        raise DataError(f"{path}: only Shapefiles and text files have an encoding; remove encoding = '{encoding}'")
    if path.is_dir():
        return _shapefile_rows(path, _only_shapefile(path, path, layer), encoding)
    if path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
            _unpack(path, Path(folder))
            return _shapefile_rows(path, _only_shapefile(path, Path(folder), layer), encoding)
    content_of(path)
    if path.suffix.lower() == ".shp":
        return _shapefile_rows(path, path, encoding)
    if path.suffix.lower() in {".kml", ".kmz"} and "r" not in pyogrio.list_drivers().get("LIBKML", ""):
        raise DataError(f"{path}: this installation's GDAL can't read KML; save it as GeoPackage or GeoJSON")
    if path.suffix.lower() == ".kmz":
        with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
            return _table(path, _read(path, _unpacked_kml(path, Path(folder)), layer=layer), [])
    frame = _read(path, path, layer=layer)
    return _table(path, frame, [])


def _read(path: Path, source: Path, *, layer: str | None = None, encoding: str | None = None) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL warns of what is checked here: odd rings, unknown fields
            layers = [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
            if layer is not None and layer not in layers:
                raise DataError(f"{path}: has no layer '{layer}'; use one of {head(layers)}")
            if not layers:
                raise DataError(f"{path}: has no layer of shapes; {_GIVE} with at least one")
            if layer is None and len(layers) > 1:
                layers = [
                    name
                    for name in layers
                    if pyogrio.read_info(source, layer=name, force_feature_count=True)["features"]
                ] or layers[:1]
            if layer is None and len(layers) > 1:
                raise DataError(
                    f'{path}: has {len(layers)} layers ({head(layers)}); choose one with layer = "{layers[0]}", '
                    "or keep the one to be read in a file of its own"
                )
            frame = pyogrio.read_dataframe(source, layer=layer or next(iter(layers), None), encoding=encoding)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.GeometryError, pyogrio.errors.FeatureError):
        raise DataError(f"{path}: can't be read as a map layer; {_GIVE} that isn't damaged") from None
    except (pyogrio.errors.DataLayerError, pyogrio.errors.CRSError, pyogrio.errors.FieldError) as error:
        why = " ".join(str(error).split())
        raise DataError(f"{path}: has no layer that can be read ({why}); {_GIVE} with at least one") from None
    except (ValueError, OSError, shapely.errors.GEOSException) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: can't be read as a map layer ({' '.join(str(error).split())}); {_GIVE}") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(f"{path}: has no geometry; {_GIVE}")
    return frame


def _table(path: Path, frame: gpd.GeoDataFrame, notes: list[Words]) -> Table:
    """A file's layer as a table, without what KML adds of its own."""
    if path.suffix.lower() in {".kml", ".kmz"}:
        titles = {name for name in frame if str(name).casefold() in {"name", "description"}}
        blank = [name for name in titles if not any(_texts(frame[name]))]
        own = [name for name in frame if str(name).casefold() in _KML_OWN]
        frame = frame.drop(columns=[*blank, *own])
    return layer_table(str(path), frame, notes)


def layer_table(name: str, frame: pd.DataFrame, notes: Sequence[Words] = ()) -> Table:
    """A frame's fields as rows of text, numbered from 1, and its shapes, if it has any, made whole.

    See `read_layer_rows`; `name` is what messages call the frame.
    """
    spatial = isinstance(frame, gpd.GeoDataFrame)
    fields = frame.drop(columns=frame.geometry.name) if spatial else frame
    texts = pd.DataFrame({field: _texts(fields[field]) for field in fields}, index=fields.index)
    header = tuple(str(field) for field in texts)
    cells = texts.to_numpy(dtype=object).tolist()
    check_text("\n".join([" ".join(header), *map(" ".join, cells)]), name=name)
    rows = list(enumerate(cells, start=1))
    if not spatial:
        return Table(name, rows, tuple(notes), header)
    shapes, told = _whole(frame.geometry.to_numpy())
    short = Path(name).name
    said = [*notes, *(Words(f"{short}：{one.zh}", f"{short}: {one.en}") for one in told)]
    return Table(name, rows, tuple(said), header, gpd.GeoSeries(shapes, crs=frame.crs))


def _texts(column: pd.Series[Any]) -> list[str]:
    """A field's values as text: whole numbers without a point, nothing for nothing."""
    return ["" if _is_missing(value) else _text(value) for value in column.tolist()]


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def _whole(shapes: Any) -> tuple[list[Any], list[Words]]:
    """Shapes without heights, valid ones; None for what has no place. And what was done, with the rows."""
    told = []
    flat = shapely.force_2d(shapes)
    bounds = shapely.bounds(flat)
    placed = np.isfinite(bounds).all(axis=1)
    if (shapely.has_z(shapes) & placed).any():
        told.append(Words("图形的高程已略去", "heights of its shapes are dropped"))
    finite = flat.copy()
    finite[~placed] = None
    broken = placed & ~shapely.is_valid(finite)
    if broken.any():
        mended = shapely.make_valid(finite[broken])
        # a polygon that crosses itself may leave stray lines beside its areas
        finite[broken] = [_areas_only(before, after) for before, after in zip(finite[broken], mended, strict=True)]
        rows = named(np.flatnonzero(broken) + 1)
        told.append(
            Words(
                f"自相交的图形已修复，请核对（所在行：{rows.zh}）",
                f"shapes that cross themselves were mended in rows {rows.en}; look at them",
            )
        )
    return [None if shape is None or shape.is_empty else shape for shape in finite], told


def _areas_only(before: Any, after: Any) -> Any:
    if before.geom_type not in {"Polygon", "MultiPolygon"} or after.geom_type != "GeometryCollection":
        return after
    parts = [part for part in after.geoms if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else after


def _unpacked_kml(path: Path, folder: Path) -> Path:
    """The document in a KMZ."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(path, archive)
            entry = next((name for name in archive.namelist() if name.lower().endswith(".kml")), None)
            if entry is None:
                raise DataError(f"{path}: holds no KML; export it again")
            (folder / "doc.kml").write_bytes(archive.read(entry))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        raise DataError(f"{path}: is damaged or no KMZ; export it again") from None
    return folder / "doc.kml"


# Shapefiles


def _only_shapefile(path: Path, folder: Path, layer: str | None) -> Path:
    found = sorted(
        file for file in folder.rglob("*") if file.suffix.lower() == ".shp" and not file.name.startswith(".")
    )
    if layer is not None:
        chosen = [file for file in found if file.stem == layer]
        if not chosen:
            raise DataError(f"{path}: has no layer '{layer}'; use one of {head(file.stem for file in found)}")
        return chosen[0]
    if not found:
        raise DataError(f"{path}: holds no Shapefile (.shp); {_GIVE}")
    if len(found) > 1:
        names = head(file.stem for file in found)
        raise DataError(f'{path}: holds {len(found)} Shapefiles ({names}); choose one with layer = "{found[0].stem}"')
    return found[0]


def _unpack(path: Path, folder: Path) -> None:
    """The parts of Shapefiles in an archive, by plain names: nothing is written outside the folder."""
    try:
        with zipfile.ZipFile(io.BytesIO(content_of(path))) as archive:
            check_archive(path, archive)
            parents: dict[PurePosixPath, Path] = {}
            for entry in archive.infolist():
                inside = PurePosixPath(entry.filename)
                if inside.suffix.lower() in _SHAPEFILE_PARTS and "__MACOSX" not in inside.parts:
                    target = parents.setdefault(inside.parent, folder / str(len(parents)))
                    target.mkdir(exist_ok=True)
                    (target / inside.name).write_bytes(archive.read(entry))
                elif inside.suffix.lower() in {".gpkg", ".geojson", ".kml", ".csv", ".xlsx"}:
                    raise DataError(f"{path}: holds {inside.name}; unpack the archive and give that file")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: is damaged, password-protected or no ZIP archive; pack the files anew") from None


def _shapefile_rows(path: Path, shp: Path, encoding: str | None) -> Table:
    """Shapes and text; the text is decoded here, since what the .cpg says is often wrong or not said."""
    parts = {file.suffix.lower(): file for file in shp.parent.iterdir() if file.stem == shp.stem}
    missing = [ending for ending in (".dbf", ".shx") if ending not in parts]
    if missing:
        raise DataError(f"{path}: {shp.name} lacks its {' and '.join(missing)}; copy every part of the Shapefile")
    frame = _read(path, shp, encoding="ISO-8859-1")  # every byte becomes the character of its number
    notes: list[Words] = []
    fields = frame.drop(columns=frame.geometry.name)
    widths = _widths(parts[".dbf"])
    names = {name: str(name).encode("latin-1", "replace") for name in fields}
    pieces = _uncut(names.values(), _NAME_WIDTH)
    columns = {}
    for name in fields:
        if fields[name].map(lambda value: isinstance(value, str)).any():
            columns[name] = [
                value.encode("latin-1", "replace") if isinstance(value, str) else None
                for value in fields[name].tolist()
            ]
            pieces += _uncut((value for value in columns[name] if value), widths.get(names[name], 0))
    told = _cpg(parts.get(".cpg"))
    chosen = _shapefile_encoding(path, pieces, encoding, told, notes)
    for name, values in columns.items():
        frame[name] = pd.Series([_cut(value, chosen) for value in values], index=frame.index, dtype="object")
    headers = {name: _cut(raw, chosen) for name, raw in names.items()}
    return _table(path, frame.rename(columns=headers), notes)


def _cpg(file: Path | None) -> str | None:
    if file is None:
        return None
    said = file.read_bytes().decode("ascii", "ignore").strip().casefold()
    known = {"936": "gbk", "950": "big5", "65001": "utf-8", "54936": "gb18030", "1252": "cp1252", "88591": "latin-1"}
    return known.get(said.removeprefix("cp").removeprefix("iso").strip(" -").replace("-", ""), said) or None


def _shapefile_encoding(
    path: Path, pieces: list[bytes], encoding: str | None, told: str | None, notes: list[Words]
) -> str:
    content = b"\n".join(pieces)
    if content.isascii():
        return "utf-8"
    if encoding is not None:
        return decoded(content, name=str(path), declared=encoding).encoding
    if told is not None and told not in {"latin-1", "cp1252", "iso-8859-1"}:
        try:
            return decoded(content, name=str(path), declared=told).encoding
        except DataError:
            notes.append(
                Words(
                    f"{path.name}：其 .cpg 写的是 {told}，而文字并不是",
                    f"{path.name}: its .cpg says {told}, which its text isn't",
                )
            )
    found = decoded(content, name=str(path)).encoding
    notes.append(Words(f"{path.name}：文字按 {found} 编码读取", f"{path.name}: its text is read as {found}"))
    return found


def _widths(dbf: Path) -> dict[bytes, int]:
    """How many bytes each field of a dBase table holds: from its header, 32 bytes a field after the first 32."""
    head_bytes = dbf.read_bytes()[: 32 * 257]
    described = [head_bytes[at : at + 32] for at in range(32, len(head_bytes) - 31, 32)]
    end = next((i for i, field in enumerate(described) if field.startswith(b"\r")), len(described))
    return {field[:11].split(b"\0")[0]: field[16] for field in described[:end]}


def _uncut(pieces: Iterable[bytes], width: int) -> list[bytes]:
    """Pieces that end where they should: programs fill a field to its last byte and cut a character in two there."""
    return [piece for piece in pieces if len(piece) < width or piece[-1] < 0x80]


def _cut(piece: bytes | None, encoding: str) -> str | None:
    """A piece as text, without half a character at its end."""
    if piece is None:
        return None
    for end in range(len(piece), max(len(piece) - 4, 0), -1):
        try:
            return piece[:end].decode(encoding)
        except UnicodeDecodeError:
            continue
    return piece.decode(encoding, "replace")
