"""What people sent back from the map, joined, tried and ranked: layers for QGIS and tables for a spreadsheet."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from circle15 import checklist
from circle15.areas import assign_areas
from circle15.errors import ConfigError, DataError
from circle15.outputs.folder import check_out
from circle15.outputs.tables import gdal_settings
from circle15.scenario import CloseSite, OpenGate, OpenSite, edit_faults, trial
from circle15.schema import NO_AREA, points_of
from circle15.sources.comments import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circle15.scenario import Edit, Finished, Trial

__all__ = ["Consultation", "check_comments_out", "consultation", "write_comments"]

_LAYERS = "comments.gpkg"
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_TOP_COMMUNITIES = 3


class Consultation(NamedTuple):
    """What came back; see docs/comments.md for the columns of each frame.

    `gains` are the areas of each proposal's trial; `told` are sentences on what is odd, `{"zh": ..., "en": ...}`.
    """

    comments: gpd.GeoDataFrame
    edits: gpd.GeoDataFrame
    proposals: pd.DataFrame
    gains: pd.DataFrame
    told: list[dict[str, str]]


class _Proposal(NamedTuple):
    """Edits that some people sent in just this set, what they wrote with it, and how many they are."""

    proposal: str
    edits: tuple[Edit, ...]
    text: str
    n_sent: int


def consultation(result: Finished, sent: gpd.GeoDataFrame, *, data_date: str | None) -> Consultation:
    """Join what was sent twice, try each proposal on the study, and rank them.

    Comments of the same words at the same place are one, proposals of the same edits are one, whatever was written with
    them; `n_sent` counts the files that hold it. Proposals are ranked by the weight that gains less the weight that
    loses, ties by fewer edits, then by id. Ids come from the content, so that what is sent again later keeps its own.

    Parameters
    ----------
    sent : of `sources.comments.read_comments`.
    data_date : of the study's data; files of a page with other data are told.

    Raises
    ------
    DataError
        listing every feature that names a site or gate that the study hasn't got, a line each.
    """
    comments = _comments(result, sent[sent["what"] == "comment"])
    joined = _proposals(result, sent[sent["what"] == "edit"])
    tried = [(one, trial(result, one.edits)) for one in joined]
    tried.sort(key=lambda pair: (-(pair[1].gained - pair[1].lost), len(pair[0].edits), pair[0].proposal))
    return Consultation(
        comments, _edits(result, tried), _ranked(result, tried), _gains(tried), _told(result, sent, data_date)
    )


def check_comments_out(out: str | Path) -> Path:
    """The folder for the files: new, empty, a run's, or one that holds such files already; others are refused."""
    target = Path(out).resolve()
    return target if (target / _LAYERS).is_file() else check_out(out)


def write_comments(found: Consultation, out: str | Path, *, data_date: str | None) -> Path:
    """Write `comments.gpkg`, `comments.csv` and `proposals.csv`, none of them before all are whole.

    The same content gives the same bytes. Texts that a spreadsheet would take for a formula get an apostrophe in front,
    in the CSV files only.

    Raises
    ------
    ConfigError
        when `out` is a file, holds other things, or can't be written.
    """
    target = check_comments_out(out)
    at = found.comments.geometry
    placed = pd.DataFrame(found.comments.drop(columns="geometry"))
    placed.insert(1, "lon", at.x)
    placed.insert(2, "lat", at.y)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as beside:
            staged = Path(beside)
            _write_layers(found, staged / _LAYERS, data_date)
            for name, table in (("comments", placed), ("proposals", found.proposals)):
                _guarded(table).to_csv(staged / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
            target.mkdir(exist_ok=True)
            for path in sorted(staged.iterdir()):
                path.replace(target / path.name)
    except OSError as error:
        raise ConfigError(
            f"{out}: can't be written ({error.strerror}); choose another folder or free some space"
        ) from None
    return target


def _write_layers(found: Consultation, path: Path, data_date: str | None) -> None:
    with gdal_settings(data_date):
        for name, layer in (("comments", found.comments), ("edits", found.edits)):
            pyogrio.write_dataframe(
                layer, path, layer=name, driver="GPKG", append=path.exists(), geometry_type="Point", use_arrow=True
            )
        for name, table in (("proposals", found.proposals), ("gains", found.gains)):
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=True, use_arrow=True)


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before texts that begin like a formula."""
    texts: pd.DataFrame = table.select_dtypes("str")
    starts = texts.apply(lambda column: column.str.startswith(_FORMULA_STARTS, na=False))
    return table.assign(**texts.mask(starts, "'" + texts))


def _id(letter: str, content: Any) -> str:
    """An id from what a thing says, whoever sends it and whenever."""
    return letter + hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


def _comments(result: Finished, sent: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    columns = ("comment", "community_id", "community", "kind", "text", "n_sent")
    said: dict[tuple[float, float, str, str], set[int]] = {}
    for at, text, kind, sender in zip(
        sent.geometry, sent["text"], sent["kind"].fillna(""), sent["sender"], strict=True
    ):
        said.setdefault((at.x, at.y, text, kind), set()).add(sender)
    ordered = sorted(said)
    points = gpd.GeoSeries([shapely.Point(lon, lat) for lon, lat, *_ in ordered], crs="EPSG:4326")
    community_id, community = _communities(result, points)
    frame = pd.DataFrame(
        {
            "comment": [_id("c", one) for one in ordered],
            "community_id": community_id.to_numpy(),
            "community": community.to_numpy(),
            "kind": [kind or None for *_, kind in ordered],
            "text": [text for *_, text, _ in ordered],
            "n_sent": [len(said[one]) for one in ordered],
        },
        columns=list(columns),
    ).astype(dict.fromkeys(columns[:-1], "str") | {"n_sent": "int64"})
    return gpd.GeoDataFrame(frame, geometry=points)


def _communities(result: Finished, points: gpd.GeoSeries) -> tuple[pd.Series[str], pd.Series[str]]:
    """Id and name, on one line, of the community that each point lies in."""
    shapes = result.area_shapes[result.area_shapes["level"] == "community"]
    community_id, _ = assign_areas(gpd.GeoDataFrame(geometry=points), result.area_shapes.set_crs("EPSG:4326"))
    name_of = {
        area: area if pd.isna(name) else _line(name)
        for area, name in zip(shapes["area_id"], shapes["name"], strict=True)
    }
    return community_id, community_id.map(name_of).astype("str")


def _proposals(result: Finished, sent: gpd.GeoDataFrame) -> list[_Proposal]:
    """Each set of edits that somebody sent, once."""
    edits = [_edit(row) for row in sent.to_dict("records")]
    faults = edit_faults(result, edits)
    if faults:
        lines = [f"{sent['file'].iloc[i]}: feature {sent['feature'].iloc[i]}: {fault}" for i, fault in faults.items()]
        raise DataError("\n".join(lines))
    rows_of = sent.reset_index(drop=True).groupby(["sender", "proposal"], sort=True).indices
    same: dict[tuple[Edit, ...], list[tuple[int, list[str]]]] = {}
    for (sender, _), rows in rows_of.items():
        key = tuple(sorted({edits[i] for i in rows}, key=_order))
        same.setdefault(key, []).append((sender, sent["text"].iloc[rows].tolist()))
    return [
        _Proposal(
            _id("p", [_order(edit) for edit in key]),
            key,
            " | ".join(sorted({text for _, texts in who for text in texts if text})),
            len({sender for sender, _ in who}),
        )
        for key, who in same.items()
    ]


def _edit(row: dict[Any, Any]) -> Edit:
    kind = None if pd.isna(row["kind"]) else row["kind"]
    if row["do"] == "open_site":
        return OpenSite(str(kind), row["geometry"].x, row["geometry"].y)
    return CloseSite(row["site_id"], kind) if row["do"] == "close_site" else OpenGate(row["gate_id"])


def _order(edit: Edit) -> tuple[str, str, str, float, float]:
    """What an edit says, and its place among others."""
    if isinstance(edit, OpenSite):
        return ("open_site", edit.kind, "", edit.lon, edit.lat)
    if isinstance(edit, CloseSite):
        return ("close_site", edit.kind or "", edit.site_id, 0.0, 0.0)
    return ("open_gate", "", edit.gate_id, 0.0, 0.0)


def _edits(result: Finished, tried: Iterable[tuple[_Proposal, Trial]]) -> gpd.GeoDataFrame:
    """Every edit of every proposal: sites are put where they were drawn, others are where the study has them."""
    sites = points_of(result.sites).set_axis(result.sites["site_id"])
    gates = result.network.gates().drop_duplicates("gate_id").set_index("gate_id").geometry
    columns = ("proposal", "edit", "do", "kind", "site_id", "gate_id")
    rows, points = [], []
    for one, _ in tried:
        for number, edit in enumerate(one.edits, start=1):
            do, kind, target, lon, lat = _order(edit)
            where = {
                "open_site": shapely.Point(lon, lat),
                "close_site": sites.get(target),
                "open_gate": gates.get(target),
            }
            site_id, gate_id = (target if do == name else None for name in ("close_site", "open_gate"))
            rows.append((one.proposal, number, do, kind or None, site_id, gate_id))
            points.append(where[do])
    frame = pd.DataFrame(rows, columns=list(columns)).astype(dict.fromkeys(columns, "str") | {"edit": "int64"})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


def _ranked(result: Finished, tried: Sequence[tuple[_Proposal, Trial]]) -> pd.DataFrame:
    """One row a proposal, the one that gains most first."""
    rows = []
    for rank, (one, found) in enumerate(tried, start=1):
        study = found.areas[found.areas["level"] == "study"]
        does = [_does(result, edit) for edit in one.edits]
        by_kind = [
            _of_kind(*row)
            for row in zip(*(study[name] for name in ("kind", "gained", "n_gained", "lost", "n_lost")), strict=True)
            if row[2] or row[4] or row[0] in {getattr(edit, "kind", None) for edit in one.edits}
        ]
        rows.append(
            {
                "rank": rank,
                "proposal": one.proposal,
                "n_edits": len(one.edits),
                "does_zh": "；".join(_line(zh) for zh, _ in does),
                "does_en": "; ".join(_line(en) for _, en in does),
                "gained": found.gained,
                "lost": found.lost,
                "n_gained": found.n_gained,
                "n_lost": found.n_lost,
                "by_kind_zh": "；".join(zh for zh, _ in by_kind),
                "by_kind_en": "; ".join(en for _, en in by_kind),
                "communities": _most_gaining(found.areas[found.areas["level"] == "community"]),
                "notes_zh": "".join(note["zh"] for note in found.notes),
                "notes_en": " ".join(note["en"] for note in found.notes),
                "text": one.text,
                "n_sent": one.n_sent,
            }
        )
    numbers = dict.fromkeys(("gained", "lost"), "float64")
    numbers |= dict.fromkeys(("rank", "n_edits", "n_gained", "n_lost", "n_sent"), "int64")
    columns = [
        *("rank", "proposal", "n_edits", "does_zh", "does_en", "gained", "lost", "n_gained", "n_lost"),
        *("by_kind_zh", "by_kind_en", "communities", "notes_zh", "notes_en", "text", "n_sent"),
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns, "str") | numbers)


def _does(result: Finished, edit: Edit) -> tuple[str, str]:
    """What an edit does, in Chinese and in English."""
    if isinstance(edit, OpenSite):
        kind = checklist.kind(edit.kind)
        _, community = _communities(result, gpd.GeoSeries([shapely.Point(edit.lon, edit.lat)], crs="EPSG:4326"))
        where, at = "" if community.isna()[0] else community[0], f"{edit.lon:.5f}, {edit.lat:.5f}"
        return f"在{where}（{at}）新设{kind.zh}", f"new {_lower(kind.en)} in {where or 'no community'} ({at})"
    if isinstance(edit, CloseSite):
        name = result.sites.loc[result.sites["site_id"] == edit.site_id, "name"].iloc[0]
        shown = edit.site_id if pd.isna(name) else f"{_line(name)} ({edit.site_id})"
        if edit.kind is None:
            return f"关闭 {shown}", f"close {shown}"
        kind = checklist.kind(edit.kind)
        return f"关闭 {shown} 的{kind.zh}", f"close the {_lower(kind.en)} of {shown}"
    zone = result.network.gates().set_index("gate_id").loc[[edit.gate_id], "zone"].iloc[0]
    compounds = result.network.surroundings.compounds.set_index("compound_id")["name"]
    behind = _line(compounds[zone]) if zone in compounds.index and not pd.isna(compounds[zone]) else zone
    return f"打开 {behind} 的大门 {edit.gate_id}", f"open gate {edit.gate_id} of {behind}"


def _line(name: str) -> str:
    """A name from the map or a register on one line."""
    return " ".join(clean_text(name).split())


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _of_kind(kind_id: str, gained: float, n_gained: int, lost: float, n_lost: int) -> tuple[str, str]:
    kind = checklist.kind(kind_id)
    return (
        f"{kind.zh}：新增 {gained:,.0f}（{n_gained:,} 处），失去 {lost:,.0f}（{n_lost:,} 处）",
        f"{kind.en}: {gained:,.0f} gain (at {n_gained:,}), {lost:,.0f} lose (at {n_lost:,})",
    )


def _most_gaining(communities: pd.DataFrame) -> str:
    """The communities that gain most, over all kinds; ties by id."""
    sums = communities.groupby("area_id", sort=True).agg({"name": "first", "gained": "sum"})
    most = sums[sums["gained"] > 0].sort_values("gained", ascending=False, kind="stable").head(_TOP_COMMUNITIES)
    named = [
        "社区之外 outside communities" if area_id == NO_AREA else _line(area_id if pd.isna(name) else name)
        for area_id, name in zip(most.index, most["name"], strict=True)
    ]
    return " | ".join(f"{name} +{gained:,.0f}" for name, gained in zip(named, most["gained"], strict=True))


def _gains(tried: Iterable[tuple[_Proposal, Trial]]) -> pd.DataFrame:
    parts = [found.areas.assign(proposal=one.proposal) for one, found in tried]
    columns = ["proposal", "level", "area_id", "name", "kind", "gained", "lost", "n_gained", "n_lost"]
    if not parts:
        return pd.DataFrame(columns=columns, dtype="str")
    return pd.concat(parts, ignore_index=True)[columns].astype({"proposal": "str"})


def _told(result: Finished, sent: gpd.GeoDataFrame, data_date: str | None) -> list[dict[str, str]]:
    """What is odd about what was sent."""
    said = []
    files = sent.drop_duplicates("sender")
    for date, n in (
        files.loc[files["data_date"] != (data_date or ""), "data_date"].value_counts(sort=False).sort_index().items()
    ):
        said.append(
            {
                "zh": f"{n} 个文件来自数据日期为 {date} 的地图，本次数据日期为 {data_date or '未知'}。",
                "en": f"{n} files come from a map of {date}; the study's data is of {data_date or 'unknown date'}.",
            }
        )
    beyond = int((~shapely.intersects_xy(result.extent, sent.geometry.x, sent.geometry.y)).sum())
    if beyond:
        said.append(
            {
                "zh": f"{beyond} 条意见或改动位于数据范围之外。",
                "en": f"{beyond} comments or edits lie outside the data's extent.",
            }
        )
    return said
