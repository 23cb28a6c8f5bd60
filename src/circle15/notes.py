"""What readers of a study should know of its data, in sentences: what it is, and what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from circle15 import checklist
from circle15.inputs import data_date_of, heights_file, verdict_sentence
from circle15.schema import LEVELS, NO_AREA, points_of
from circle15.sources.merging import from_source
from circle15.words import Words, named

if TYPE_CHECKING:
    from circle15.config import StudyConfig
    from circle15.inputs import StudyData
    from circle15.network import WalkNetwork
    from circle15.units import FloatArray

__all__ = ["overview_of", "warnings_of"]

UNTYPED_SHARE = 0.1
"""From this share of all buildings on, those that say only building=yes are worth a word."""

_CONFLICTS = {
    "complete_register": Words(
        "处可能或推断的「{zh}」不在该类别齐全的登记表中，不起作用",
        "possible or implied sites of {kind} are not in its complete register and decide nothing",
    ),
    "surveyed_absent": Words(
        "处「{zh}」经实地核实没有，不起作用", "sites of {kind} decide nothing, since a survey found none there"
    ),
    "confirmed_site": Words(
        "条核实没有「{zh}」的记录不起作用，因为比它优先的来源确认有",
        "surveyed absences of {kind} decide nothing, since a source before the survey confirms a site",
    ),
}
_WEIGHTS = {
    "residents": Words("人", "residents"),
    "dwellings": Words("套住房", "dwellings"),
    "floor_area_m2": Words("平方米住宅建筑面积", "m² of residential floor area"),
}
_EXTENTS = {
    "config": Words("取自配置", "from the config"),
    "file": Words("取自文件", "from the file"),
    "nodes": Words("取自建筑与地点", "from its buildings and places"),
}
_LEVELS = {"community": "社区", "district": "街道（区）"}


def overview_of(config: StudyConfig, data: StudyData, snap_m: FloatArray) -> list[Words]:
    """What the data is, in a few sentences; `snap_m` is how far each residence is from the network."""
    network, residences, sites = data.network, data.residences, data.sites
    off, far = np.isinf(snap_m), snap_m > config.walk.max_snap_m / 2
    walked = network.edge_open.any(axis=1)
    islands = walked & (network.component_m < network.min_component_m)
    heights = heights_file(config)
    known = network.edge_known @ network.edge_length_m / network.edge_length_m.sum()
    km, islands_km = network.edge_length_m[walked].sum() / 1000, network.edge_length_m[islands].sum() / 1000
    weight, unit = residences["weight"].sum(), _WEIGHTS[config.residences.studied_weight]
    extent, source = ", ".join(f"{degrees:.4f}" for degrees in data.osm.extent.bounds), _EXTENTS[data.osm.extent_source]
    date = data_date_of(config, data.osm)
    said = [
        Words(
            f"数据日期{f' {date}' if date else '不详'}，范围 {extent}（{source.zh}）",
            f"data of {date or 'unknown date'}, extent {extent} ({source.en})",
        ),
        Words(
            f"{len(residences):,}处居住点，共{weight:,.0f}{unit.zh}",
            f"{len(residences):,} residences with {weight:,.0f} {unit.en}",
        ),
        Words(
            f"可步行的道路{km:,.0f}公里，其中{islands_km:,.1f}公里在孤岛上，不用来连接居住点",
            f"{km:,.0f} km of walkable street, {islands_km:,.1f} km of it on islands that nobody is snapped to",
        ),
    ]
    if heights is not None:
        said.append(
            Words(f"{heights} 给出了{known:.1%}道路的高程", f"{heights} has heights for {known:.1%} of the street")
        )
    n_off, n_far, n_unnamed = off.sum(), (far & ~off).sum(), sites["name"].isna().sum()
    return [
        *said,
        Words(
            f"{n_off:,}处居住点未连通，{n_far:,}处离路网超过 max_snap_m 的一半",
            f"{n_off:,} residences off the network, {n_far:,} over half of max_snap_m away from it",
        ),
        Words(
            f"{len(sites):,}处设施点，其中{n_unnamed:,}处没有名称",
            f"{len(sites):,} sites, {n_unnamed:,} of them without a name",
        ),
    ]


def warnings_of(config: StudyConfig, data: StudyData) -> list[Words]:
    """One sentence for each thing that a reader of the results should know."""
    residences = data.residences
    said = [*data.osm.warnings, *data.told, *_slope_warnings(config, data.network)]
    if data.n_outside:
        n = data.n_outside
        said.append(
            Words(
                f"{n:,}处居住点在数据范围之外，没有纳入研究",
                f"{n:,} residences lie outside the data's extent and are not studied",
            )
        )
    if config.residences.name is None:
        untyped = sum(tags.get("building") == "yes" for tags in data.osm.buildings["tags"])
        if untyped > UNTYPED_SHARE * len(data.osm.buildings) and "yes" not in config.residences.buildings:
            n = len(data.osm.buildings)
            said.append(
                Words(
                    f"{n:,}栋建筑中有{untyped:,}栋只标了 building=yes，没有算作居住点：各项占比只针对其余建筑；"
                    "请提供居住点登记表，或设置 residences.buildings",
                    f"{untyped:,} of {n:,} buildings say only building=yes and are not counted as residences: shares "
                    "speak of the rest; give a register of residences or set residences.buildings",
                )
            )
    for level in LEVELS:
        outside = residences[f"{level}_id"].isna()
        if (data.area_shapes["level"] == level).any() and outside.any():
            share = residences["weight"][outside].sum() / residences["weight"].sum()
            n = outside.sum()
            said.append(
                Words(
                    f"{n:,}处居住点（占权重{share:.1%}）不在所给的任何{_LEVELS[level]}内，归入“不属任何{_LEVELS[level]}”（'{NO_AREA}'）",
                    f"{n:,} residences ({share:.1%} of the weight) lie in no {level} of the areas given and are told "
                    f"under '{NO_AREA}'",
                )
            )
    said += _register_warnings(config, data)
    for (kind, why), rows in data.conflicts.groupby(["kind", "why"], sort=True):
        n, which, conflict = len(rows), named(rows["site_id"]), _CONFLICTS[str(why)]
        zh = conflict.zh.format(zh=checklist.kind(str(kind)).zh)
        said.append(Words(f"{n:,}{zh}：{which.zh}", f"{n:,} {conflict.en.format(kind=kind)}: {which.en}"))
    return said


def _register_warnings(config: StudyConfig, data: StudyData) -> list[Words]:
    """What is odd about registers: where their sites lie, and what they don't list."""
    inside = shapely.covers(data.osm.extent, points_of(data.sites).to_numpy())
    insisted = [
        verdict_sentence(one)
        for one in data.registers
        if one.section.coordinates_checked and one.verdict.verdict in {"other", "mixed"}
    ]
    said = [
        Words(f"{one.zh}；配置称已核对无误", f"{one.en}; the config says that they were checked and are right")
        for one in insisted
    ]
    for register in config.registers:
        file, own = register.name, from_source(data.sites["source"], str(register.name))
        if (own & ~inside).any():
            n, stray = (own & ~inside).sum(), named(data.sites["site_id"][own & ~inside])
            said.append(
                Words(
                    f"{file} 有{n:,}处设施点在数据范围之外：{stray.zh}",
                    f"{n:,} sites of {file} lie outside the data's extent: {stray.en}",
                )
            )
        held = set(data.site_kinds["kind"][data.site_kinds["site_id"].isin(data.sites["site_id"][own])])
        none = [kind for kind in register.complete if kind not in held]
        if none:
            said.append(
                Words(
                    f"{file} 声明下列类别齐全，却一处也没有列出：{'、'.join(checklist.kind(kind).zh for kind in none)}",
                    f"{file} is declared complete for {', '.join(none)} and lists no site of it",
                )
            )
    return said


def _slope_warnings(config: StudyConfig, network: WalkNetwork) -> list[Words]:
    """What isn't known of slopes, where the profile minds them."""
    profile, file = network.profile, heights_file(config)
    if not profile.minds_slopes:
        return []
    flat = Words("按平路计", "count as flat")
    if profile.max_slope is not None:
        flat = Words(
            f"{flat.zh}，坡度超过{profile.max_slope:.1%}的路段只有标签注明时才不可通行",
            f"{flat.en}, and only tags bar what is steeper than {profile.max_slope:.1%}",
        )
    if file is None:
        return [
            Words(
                f"步行方案 {profile.name} 计坡度，但 'walk.elevation' 没有给出高程：所有道路{flat.zh}",
                f"profile {profile.name} minds slopes, but 'walk.elevation' names no heights: all streets {flat.en}",
            )
        ]
    total_km, known_km = network.edge_length_m.sum() / 1000, network.edge_known @ network.edge_length_m / 1000
    if total_km - known_km < 0.05:
        return []
    total, beyond = f"{total_km:,.1f}", f"{total_km - known_km:,.1f}"
    return [
        Words(
            f"{total}公里道路中有{beyond}公里超出 {file} 的高程范围，{flat.zh}",
            f"{beyond} km of {total} km of street lie beyond the heights of {file} and {flat.en}",
        )
    ]
