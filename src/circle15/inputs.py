"""What a study starts from: its files read, checked and joined."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import areas, checklist, coverage
from circle15.errors import ConfigError, DataError, InputError, head
from circle15.network import WalkNetwork, profile_named, profiles_with
from circle15.reach import warm_up
from circle15.schema import (
    LEVELS,
    NO_AREA,
    PEOPLE_GROUPS,
    checked_residences,
    checked_site_kinds,
    checked_sites,
    points_of,
)
from circle15.sources.coordinates import SystemVerdict, from_wgs84, judge_system, name_twins
from circle15.sources.elevation import read_elevation
from circle15.sources.forms import read_form
from circle15.sources.merging import WHY_MERGED, merge_sites, sites_meant, sites_now
from circle15.sources.opening import CHINA, calendar_note, open_site_kinds
from circle15.sources.osm import osm_sites, read_osm
from circle15.sources.population import PEOPLE_PER_M2, REACH_M, settle_people, spread_population, weights_of_households
from circle15.sources.registers import Register, osm_areas, read_register
from circle15.sources.residences import osm_residences
from circle15.sources.surveys import read_survey
from circle15.units import FloatArray, minutes_to_s
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from circle15.config import PlacesSection, ReadingSection, StudyConfig
    from circle15.network import Profile
    from circle15.sources.elevation import Elevation
    from circle15.sources.merging import Merged
    from circle15.sources.osm import OsmExtract
    from circle15.sources.registers import What
    from circle15.units import BoolArray

__all__ = [
    "FORMS",
    "OSM_SOURCE",
    "STAGES",
    "Clock",
    "JudgedRegister",
    "StudyData",
    "data_date_of",
    "heights_file",
    "km_by_community",
    "licence_of",
    "misplaced",
    "prepared",
    "profile_of",
    "profiles_of",
    "sources_of",
    "thresholds_s",
    "verdict_sentence",
]

STAGES = (
    "reading OpenStreetMap",
    "finding residences, areas and sites",
    "building the walking network",
    "walking to the nearest sites",
    "settling statuses",
    "siting",
)
"""What a run does, in order; `Study.run` announces each as it starts."""

OSM_SOURCE = "osm"

FORMS = ("community_figures", "providers", "satisfaction", "demand_list", "inventory")
"""Forms that are no registers, as `[forms]` names them."""


class JudgedRegister(NamedTuple):
    """A register of sites or residences as it was read, and whether its coordinates are what the config says."""

    section: PlacesSection
    what: Literal["sites", "residences"]
    register: Register
    verdict: SystemVerdict


class StudyData(NamedTuple):
    """What a study starts from: `site_kinds` is all that is said, `settled` what decides, `counted` what is open then.

    `merges` are rows that went into another, `conflicts` rows that decide nothing, `told` what reading has to say;
    `answered` is how many questions of the survey list were, and of how many.
    """

    osm: OsmExtract
    sites: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    merges: pd.DataFrame
    settled: pd.DataFrame
    counted: pd.DataFrame
    conflicts: pd.DataFrame
    area_shapes: gpd.GeoDataFrame
    residences: gpd.GeoDataFrame
    n_outside: int
    network: WalkNetwork
    layers: pd.DataFrame
    extension_layers: pd.DataFrame
    forms: dict[str, pd.DataFrame]
    registers: tuple[JudgedRegister, ...]
    answered: tuple[int, int] | None
    told: tuple[Words, ...]


class _Evidence(NamedTuple):
    """What the sources say of sites: the map's own sites, all of them merged, and what was surveyed and isn't there."""

    mapped: gpd.GeoDataFrame
    mapped_kinds: pd.DataFrame
    sites: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    merges: pd.DataFrame
    absent: pd.DataFrame
    answered: tuple[int, int] | None


class Clock:
    """Announces stages and keeps how long each took."""

    def __init__(self, on_stage: Callable[[str], None]) -> None:
        self.timings: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """A stage, as long as it lasts."""
        self._on_stage(stage)
        start = time.perf_counter()
        yield
        self.timings[stage] = round(time.perf_counter() - start, 3)


def prepared(
    config: StudyConfig, clock: Clock, districts: Collection[str], *, keep_misplaced: bool = False
) -> StudyData:
    """The data read, checked and joined: the first three stages.

    `keep_misplaced`: whether to go on, to tell of it, where a register is in another coordinate system than the config
    says; a register of residences that leaves nobody in the study area is refused all the same.
    """
    with clock(STAGES[0]), ThreadPoolExecutor(1) as beside:
        warm = beside.submit(warm_up)  # the searches load, or compile, while the data is read
        osm = read_osm(config.file(config.osm.file), extent=config.osm.extent)
        warm.result()
    told: list[Words] = []
    with clock(STAGES[1]):
        mapped = osm_sites(osm)
        registers = _registers(config, osm, *mapped)
        wrong = misplaced(registers)
        if wrong and not keep_misplaced:
            raise DataError("; ".join(one.en for one in wrong))
        said = _evidence(config, mapped, registers, told)
        area_shapes = _areas(config, osm, told)
        settled, conflicts = _settled(config, said, area_shapes)
        counted = _open_then(config, said.sites, settled, told)
        residences, n_outside = _residences(
            config, osm, area_shapes, districts=districts, registers=registers, told=told
        )
        forms = _forms(config, area_shapes)
    with clock(STAGES[2]):
        walk = config.walk
        gates = _read(config, walk.gates, "gates", told)
        network = WalkNetwork.from_osm(
            osm,
            profile=profile_of(config),
            elevation=_elevation(config, osm),
            max_snap_m=walk.max_snap_m,
            min_component_m=walk.min_component_m,
            compound_default=walk.compound_default,
            compounds=_read(config, walk.compounds, "compounds", told),
            gates=gates,
        )
        if gates is not None and walk.gates is not None:
            lost = gates["gate_id"][~gates["gate_id"].isin(network.node_id)]
            if len(lost):
                file, which = walk.gates.name, named(lost)
                told.append(
                    Words(
                        f"{file} 中{len(lost):,}处出入口周围20米内没有道路，不起分隔作用：{which.zh}",
                        f"{len(lost):,} gates of {file} stand on no way within 20 m and part no ground from another: "
                        f"{which.en}",
                    )
                )
        layers, extension_layers = _layers(config, network, osm, said, area_shapes)
    return StudyData(
        osm, said.sites, said.site_kinds, said.merges, settled, counted, conflicts, area_shapes, residences, n_outside,
        network, layers, extension_layers, forms, registers, said.answered, tuple(told),
    )  # fmt: skip


def profiles_of(config: StudyConfig) -> dict[str, Profile]:
    """The catalogue's profiles with the config's changes."""
    return profiles_with({name: table.model_dump(exclude_none=True) for name, table in config.walk.profiles.items()})


def profile_of(config: StudyConfig) -> Profile:
    """How the study's people walk."""
    return profile_named(config.walk.profile, profiles_of(config))


def _registers(
    config: StudyConfig, osm: OsmExtract, mapped: gpd.GeoDataFrame, mapped_kinds: pd.DataFrame
) -> tuple[JudgedRegister, ...]:
    """Every register of sites, then that of residences, held against the map."""
    wanted: list[tuple[PlacesSection, Literal["sites", "residences"]]] = [(one, "sites") for one in config.registers]
    if config.residences.name is not None:
        wanted.append((config.residences, "residences"))
    if not wanted:
        return ()
    ends = zip(osm.way_offsets[:-1].tolist(), osm.way_offsets[1:].tolist(), strict=True)
    lines = [shapely.LineString(osm.way_lonlat[start:end]) for start, end in ends if end - start > 1]
    streets = gpd.GeoSeries(lines, crs="EPSG:4326")
    # a stop has the name of what stands near it
    mapped = mapped[mapped["site_id"].isin(mapped_kinds["site_id"][mapped_kinds["kind"] != "bus_stop"])]
    at = points_of(mapped)
    names, lon, lat = mapped["name"].astype(object).tolist(), at.x.to_numpy(), at.y.to_numpy()
    out = []
    for section, what in wanted:
        register = read_register(config.source(section), what=what, settings=section)
        spots = points_of(register.frame)
        x, y = from_wgs84(spots.x.to_numpy(), spots.y.to_numpy(), section.coordinates)
        own_names = register.frame["name"].astype(object).tolist() if "name" in register.frame else []
        verdict = judge_system(
            x, y, declared=section.coordinates, streets=streets, buildings=osm.buildings.geometry,
            twins=name_twins(own_names, names, lon, lat), extent=osm.extent,
        )  # fmt: skip
        out.append(JudgedRegister(section, what, register, verdict))
    return tuple(out)


def misplaced(registers: Iterable[JudgedRegister]) -> list[Words]:
    """One sentence for each register that is in another coordinate system, or in several, and what mends it."""
    wrong = [
        verdict_sentence(one)
        for one in registers
        if one.verdict.verdict in {"other", "mixed"} and not one.section.coordinates_checked
    ]
    return [
        Words(
            f"{said.zh}；如已核对无误，请写 coordinates_checked = true",
            f"{said.en}; or write coordinates_checked = true, if you have looked and they are right",
        )
        for said in wrong
    ]


def verdict_sentence(one: JudgedRegister) -> Words:
    """Whether a register is in the system that the config says, and what to do, in one sentence with its rows."""
    frame = one.register.frame
    ids = frame["site_id" if one.what == "sites" else "residence_id"]
    return one.verdict.sentence(one.section.name, rows=[one.register.rows[str(row_id)] for row_id in ids])


def _evidence(
    config: StudyConfig,
    mapped: tuple[gpd.GeoDataFrame, pd.DataFrame],
    registers: tuple[JudgedRegister, ...],
    told: list[Words],
) -> _Evidence:
    """Sites and their kinds, from OSM, every register and the survey, those of one place merged."""
    frames, kinds = [mapped[0]], [mapped[1]]
    absent: list[pd.DataFrame] = []
    unplaced: list[gpd.GeoDataFrame] = []
    for section, what, register, _ in registers:
        if what != "sites":
            continue
        place = config.source(section)
        told += register.notes
        taken = register.frame["site_id"].isin(pd.concat([frame["site_id"] for frame in frames]))
        if taken.any():
            raise DataError(
                f"{place}: {head(register.frame['site_id'][taken])} are ids of sites in another register or on the "
                "map; give each site an id of its own"
            )
        frames.append(register.frame)
        kinds.append(register.site_kinds)
        gone = register.absent.assign(source=str(section.name))
        whole = gone.geometry.isna().to_numpy()
        absent.append(gone[whole].assign(site_id=None))
        unplaced.append(gone[~whole])
    answered = None
    if config.survey is not None:
        answers = read_survey(config.file(config.survey))
        known = answers.site_kinds["site_id"].isin(pd.concat([frame["site_id"] for frame in frames]))
        answered = (len(answers.site_kinds) + len(answers.sites) + len(answers.absent), answers.n_asked)
        file, n, asked = config.survey.name, *answered
        told.append(Words(f"{file} 回答了{asked:,}个问题中的{n:,}个", f"{file} answers {n:,} of {asked:,} questions"))
        if not known.all():
            lost = named(answers.site_kinds["site_id"][~known])
            told.append(
                Words(
                    f"{file} 提到研究中已经没有的设施点：{lost.zh}",
                    f"{file} speaks of sites that the study no longer has: {lost.en}",
                )
            )
        frames.append(answers.sites)
        kinds += [answers.site_kinds[known], answers.found_kinds]
        absent.append(answers.absent)
    sites = gpd.GeoDataFrame(pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True))
    checked = checked_sites(sites.set_crs("EPSG:4326", allow_override=True), source="sites")
    held = checked_site_kinds(
        pd.concat(kinds, ignore_index=True), sites=checked, kinds=(*checklist.KINDS, *checklist.EXTENSION_KINDS)
    )
    merged = merge_sites(checked, held, priority=sources_of(config), distance_m=config.merging.distance_m)
    if len(merged.merges):
        told.append(_merges_told(merged.merges))
    return _Evidence(*mapped, *merged, _absences(config, merged, absent, unplaced, told), answered)


def _merges_told(merges: pd.DataFrame) -> Words:
    counts = {str(why): int(n) for why, n in merges.groupby("why").size().items()}
    zh = "；".join(f"{WHY_MERGED[why].zh} {n:,}" for why, n in counts.items())
    en = "; ".join(f"{WHY_MERGED[why].en} {n:,}" for why, n in counts.items())
    return Words(
        f"{len(merges):,}行所说的设施点另一行已有，已并入（{zh}）：见 merges.parquet",
        f"{len(merges):,} rows speak of a site that another row has, and went into it ({en}): merges.parquet "
        "lists them",
    )


def _absences(
    config: StudyConfig, merged: Merged, absent: list[pd.DataFrame], unplaced: list[gpd.GeoDataFrame], told: list[Words]
) -> pd.DataFrame:
    """What was surveyed and isn't there: at a site of the study, or in a whole community."""
    columns = ["kind", "source", "rule", "site_id", "community_id"]
    parts = [frame[columns] for frame in absent if len(frame)]
    for gone in unplaced:
        if not len(gone):
            continue
        meant = sites_meant(gone, merged.sites, merged.site_kinds, distance_m=config.merging.distance_m)
        if meant.isna().any():
            n, file, which = meant.isna().sum(), gone["source"].iloc[0], named(gone["site_id"][meant.isna()])
            told.append(
                Words(
                    f"{file} 有{n:,}条“没有”的记录对不上研究中的任何设施点，不推翻任何依据：{which.zh}",
                    f"{n:,} absences of {file} speak of no site that the study has, and overrule nothing: {which.en}",
                )
            )
        parts.append(gone.assign(site_id=meant, community_id=None)[meant.notna()][columns])
    if not parts:
        return pd.DataFrame(columns=columns, dtype="str")
    table = pd.concat(parts, ignore_index=True).astype("str")
    return table.assign(site_id=sites_now(table["site_id"], merged.merges))


def sources_of(config: StudyConfig) -> list[str]:
    """Every source of sites, the most trusted first."""
    surveyed = [] if config.survey is None else [config.survey.name]
    return [*surveyed, *(str(register.name) for register in config.registers), OSM_SOURCE]


def _complete_in(config: StudyConfig) -> dict[str, tuple[str, ...]]:
    """The communities in which a register is complete, for those that aren't everywhere."""
    return {str(register.name): register.complete_in for register in config.registers if register.complete_in}


def _settled(config: StudyConfig, said: _Evidence, area_shapes: gpd.GeoDataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What decides, and what doesn't."""
    community, _ = areas.assign_areas(said.sites, area_shapes)
    return coverage.settle_evidence(
        said.site_kinds,
        source=said.sites.set_index("site_id")["source"],
        complete_sources=complete_sources(config),
        complete_in=_complete_in(config),
        site_community=community.set_axis(said.sites["site_id"]),
        absent=said.absent,
        priority=sources_of(config),
    )


def _open_then(config: StudyConfig, sites: gpd.GeoDataFrame, settled: pd.DataFrame, told: list[Words]) -> pd.DataFrame:
    """What is open at the study's moment; everything where it has none."""
    if config.at is None:
        return settled
    now = open_site_kinds(settled, sites, config.at, timezone=config.timezone)
    n_sites = now.n_open + now.n_closed + now.n_unknown
    told.append(
        Words(
            f"只计在 {config.at:%Y-%m-%d %H:%M} 开放的设施：{n_sites:,}处设施点中{now.n_open:,}处开放，"
            f"{now.n_closed:,}处关闭，{now.n_unknown:,}处开放时间不详",
            f"only what is open at {config.at:%Y-%m-%d %H:%M} counts: of {n_sites:,} sites {now.n_open:,} are open, "
            f"{now.n_closed:,} closed, and of {now.n_unknown:,} the hours are unknown",
        )
    )
    if len(now.unreadable):
        n, which = len(now.unreadable), named(now.unreadable["site_id"])
        told.append(
            Words(
                f"{n:,}处设施点的开放时间无法识读：{which.zh}",
                f"the opening hours of {n:,} sites can't be read: {which.en}",
            )
        )
    note = calendar_note(config.at)
    if note is not None and config.timezone == CHINA:
        told.append(note)
    return now.site_kinds


def complete_sources(config: StudyConfig) -> dict[str, set[str]]:
    """Kind -> the registers that list every site of it."""
    listed: dict[str, set[str]] = {}
    for register in config.registers:
        for kind in register.complete:
            listed.setdefault(kind, set()).add(str(register.name))
    return listed


def _areas(config: StudyConfig, osm: OsmExtract, told: list[Words]) -> gpd.GeoDataFrame:
    section = config.areas
    found = _read(config, section if section.name is not None else None, "areas", told)
    if found is not None:
        return found
    levels = {"community": section.community_admin_level, "district": section.district_admin_level}
    wanted = {level: admin for level, admin in levels.items() if admin is not None}
    return osm_areas(osm, wanted) if wanted else _no_areas()


def _read(
    config: StudyConfig, section: ReadingSection | None, what: What, told: list[Words]
) -> gpd.GeoDataFrame | None:
    """A register's frame, None where none is named."""
    if section is None:
        return None
    register = read_register(config.source(section), what=what, settings=section)
    told += register.notes
    return register.frame


def _no_areas() -> gpd.GeoDataFrame:
    columns: dict[str, list[str]] = {"level": [], "area_id": [], "name": [], "setting": []}
    return gpd.GeoDataFrame(pd.DataFrame(columns, dtype="str"), geometry=[], crs="EPSG:4326")


def _residences(
    config: StudyConfig,
    osm: OsmExtract,
    area_shapes: gpd.GeoDataFrame,
    *,
    districts: Collection[str],
    registers: tuple[JudgedRegister, ...],
    told: list[Words],
) -> tuple[gpd.GeoDataFrame, int]:
    """The residences studied, with their areas and settings, and how many lie outside the data's extent."""
    section = config.residences
    setting_is_given = False
    place = config.file(config.osm.file) if section.name is None else config.source(section)
    given = next((one for one in registers if one.what == "residences"), None)
    if given is not None:
        layer = given.register.frame
        told += given.register.notes
        setting_is_given = "setting" in layer
        residences = checked_residences(layer, source=str(place))
        _check_groups(config, given.register, residences, told)
    else:
        residences = osm_residences(osm, buildings=section.buildings, default_levels=section.default_levels)
    frame: Any = osm.extent
    if config.within is not None:
        frame = shapely.intersection(frame, shapely.box(*config.within))
        if frame.is_empty:
            west, south, east, north = osm.extent.bounds
            raise ConfigError(
                f"{config.path}: key 'within' lies outside the data of {config.osm.file}, which spans "
                f"{west:.4f},{south:.4f},{east:.4f},{north:.4f}; choose a box inside it"
            )
    spots = points_of(residences)
    inside = shapely.covers(frame, spots.to_numpy())
    beyond = int((~shapely.covers(osm.extent, spots.to_numpy())).sum())
    if not inside.any():
        if given is not None and (wrong := misplaced([given])):
            raise DataError(wrong[0].en)
        raise DataError(
            f"{place}: none of {len(residences):,} residences lies in the study area; "
            "check 'within', 'osm.extent' and the coordinates"
        )
    residences = _peopled(config, residences[inside].reset_index(drop=True), frame, told)
    if not residences["weight"].sum() > 0:
        raise DataError(f"{place}: no residence in the study area has any weight; give residents or floor area")
    within = residences.set_geometry(spots[inside].reset_index(drop=True))
    community, district = areas.assign_areas(within, area_shapes)
    settings = area_shapes.set_index(["level", "area_id"])["setting"]
    setting = pd.Series(config.setting, index=residences.index, dtype="str")
    for level, ids in (("district", district), ("community", community)):
        of_area = ids.map(dict(settings[level]) if level in settings.index else {}).astype("str")
        setting = of_area.fillna(setting)
    residences = residences.assign(
        community_id=community.fillna(residences["community_id"]),
        district_id=district.fillna(residences["district_id"]),
        setting=residences["setting"] if setting_is_given else setting,
    )
    if districts:
        known = sorted(set(residences["district_id"].dropna()))
        unknown = sorted(set(districts) - set(known))
        if unknown:
            mend = f"use one of {', '.join(known)}" if known else "the study has no districts"
            raise ConfigError(f"{config.path}: no residence in district {head(unknown)}; {mend}")
        residences = residences[residences["district_id"].isin(list(districts))].reset_index(drop=True)
    return residences, beyond


def _check_groups(config: StudyConfig, register: Register, residences: gpd.GeoDataFrame, told: list[Words]) -> None:
    """Refuse groups of more people than live there, where the register says how many do; tell of uncounted ones."""
    groups = [group for group in PEOPLE_GROUPS if group in residences]
    place = config.source(config.residences)
    over = []
    for group in groups if config.residences.weight_meaning == "residents" else ():
        more = residences["residence_id"][residences[group] > residences["weight"]]
        if len(more):
            over.append(f"{register.columns[group]} in rows {head([register.rows[home] for home in more])}")
    if over:
        raise DataError(
            f"{place}: more people than live there: {', '.join(over)}; mend these figures or the residents'"
        )
    for group in groups:
        lacking = int(residences[group].isna().sum())
        if lacking:
            told.append(
                Words(
                    f"{config.residences.name} 的{len(residences):,}处居住点中，{lacking:,}处没有统计"
                    f"{PEOPLE_GROUPS[group].zh}，不计入该人群的占比",
                    f"{lacking:,} of {len(residences):,} residences of {config.residences.name} don't count "
                    f"{PEOPLE_GROUPS[group].en}, and are in no share of theirs",
                )
            )


def _peopled(config: StudyConfig, residences: gpd.GeoDataFrame, frame: Any, told: list[Words]) -> gpd.GeoDataFrame:
    """Residences weighted by residents, where the config says how many there are."""
    section = config.residences
    if section.household_size is not None:
        people = weights_of_households(residences["weight"], section.household_size)
        residences = residences.assign(weight=people)
        size, total = section.household_size, people.sum()
        told.append(
            Words(
                f"居民按每户{size:g}人由户数折算：共{total:,.0f}人",
                f"residents are households times {size:g}: {total:,.0f} in all",
            )
        )
    if section.population is not None:
        spread = spread_population(
            config.file(section.population),
            residences,
            extent=frame,
            unit=section.population_unit,
            plausible_per_weight=PEOPLE_PER_M2 if section.name is None else None,
        )
        residences, found = spread
        told.append(_people_told(section.population.name, found))
    if section.compounds is not None:
        figures = _read(config, section.compounds, "compounds", told)
        if figures is None or "weight" not in figures:
            raise DataError(f"{section.compounds.name}: lacks the header 权重/weight; give each compound's residents")
        residences, lost = settle_people(residences, figures)
        if len(lost):
            n, file, which = len(lost), section.compounds.name, named(lost["compound_id"])
            told.append(
                Words(
                    f"{file} 中{n:,}个小区在研究中没有居住点，其居民没有计入：{which.zh}",
                    f"{n:,} compounds of {file} have no residence in the study, and their people count nowhere: "
                    f"{which.en}",
                )
            )
    return residences


def _people_told(file: str, found: Mapping[str, float]) -> Words:
    within, spread, moved, unplaced = (
        f"{found[f'people_{which}']:,.0f}" for which in ("in_study", "spread", "moved", "unplaced")
    )
    return Words(
        f"{file} 在研究区内共{within}人：{spread}人分摊到居住点，其中{moved}人来自没有居住点的栅格单元；"
        f"另有{unplaced}人在{REACH_M:.0f}米内没有居住点",
        f"{file} has {within} people in the study: {spread} are spread over the residences, {moved} of them from cells "
        f"without one, and {unplaced} find none within {REACH_M:.0f} m",
    )


def _forms(config: StudyConfig, area_shapes: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """The forms that are filled in, by id; those that name areas name the study's."""
    known = {level: set(area_shapes["area_id"][area_shapes["level"] == level]) for level in LEVELS}
    known["study"] = {areas.EVERYWHERE}
    read: dict[str, pd.DataFrame] = {}
    for form in FORMS:
        file = getattr(config.forms, form)
        if file is None:
            continue
        table = read_form(config.file(file), form)
        if "area_id" in table:
            level = table["level"] if "level" in table else pd.Series("community", index=table.index)
            strangers = [
                area
                for area, of in zip(table["area_id"], level, strict=True)
                if pd.notna(area) and area not in known[str(of)]
            ]
            if strangers:
                raise DataError(f"{config.file(file)}: {head(strangers)} are no areas of the study; use their area_id")
        read[form] = table
    return read


def thresholds_s(config: StudyConfig, residences: gpd.GeoDataFrame) -> FloatArray:
    """Each residence's threshold, by its setting."""
    thresholds = config.thresholds
    minutes = np.where(residences["setting"] == "rural", thresholds.rural_min, thresholds.urban_min)
    return np.array([minutes_to_s(value) for value in minutes], dtype=np.float64)


def km_by_community(
    network: WalkNetwork, osm: OsmExtract, area_shapes: gpd.GeoDataFrame, *, only: BoolArray | None = None
) -> pd.Series[float]:
    """Kilometres of public street (of the edges `only`) in each community within the extent, and in none."""
    communities = areas.without_overlaps(area_shapes[area_shapes["level"] == "community"])
    inside = gpd.GeoSeries(shapely.intersection(communities.geometry.to_numpy(), osm.extent), crs="EPSG:4326")
    km = pd.Series(network.street_km(inside, only=only), index=communities["area_id"].to_numpy(), dtype="float64")
    total_km = network.street_km(gpd.GeoSeries([osm.extent], crs="EPSG:4326"), only=only)[0]
    km.loc[NO_AREA] = max(total_km - km.sum(), 0.0)
    return km


def _layers(
    config: StudyConfig, network: WalkNetwork, osm: OsmExtract, said: _Evidence, area_shapes: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How complete each community's layers are: of the 27 kinds, and of the extension kinds."""
    km = km_by_community(network, osm, area_shapes)
    # The density is the map's, not a register's.
    counted = said.mapped[shapely.covers(osm.extent, points_of(said.mapped).to_numpy())]
    community, _ = areas.assign_areas(counted, area_shapes)
    mapped = coverage.layer_completeness(
        said.mapped_kinds[said.mapped_kinds["site_id"].isin(counted["site_id"])],
        site_community=pd.Series(community.to_numpy(), index=counted["site_id"].to_numpy(), dtype="str"),
        street_km=km,
        declared=config.osm.complete,
        floor_per_km=config.density.floor_per_km,
        median_share=config.density.median_share,
    )
    known: Any = {"complete_in": _complete_in(config), "absent": said.absent}
    try:
        listed = coverage.with_complete_registers(mapped, complete_sources(config), **known)
    except InputError as error:
        raise ConfigError(f"{config.path}: {error}") from None
    return listed, coverage.extension_layers(mapped, complete_sources(config), **known)


def heights_file(config: StudyConfig) -> Path | None:
    """The elevation model, where the study's profile has a use for it."""
    return config.walk.elevation if profile_of(config).minds_slopes else None


def _elevation(config: StudyConfig, osm: OsmExtract) -> Elevation | None:
    file = heights_file(config)
    if file is None:
        return None
    (west, south), (east, north) = osm.way_lonlat.min(axis=0).tolist(), osm.way_lonlat.max(axis=0).tolist()
    return read_elevation(config.file(file), box=(west, south, east, north))


def data_date_of(config: StudyConfig, osm: OsmExtract) -> str | None:
    """The day of the map's data, as the config or else the file says."""
    return config.osm.data_date or osm.data_date


def licence_of(config: StudyConfig) -> dict[str, str | None]:
    """Whose the map's data is, and where its licence stands: OpenStreetMap's, where the config doesn't say."""
    if config.osm.attribution is not None:
        return {"attribution": config.osm.attribution, "licence_url": None}
    return {
        "attribution": "© OpenStreetMap contributors, ODbL 1.0",
        "licence_url": "https://www.openstreetmap.org/copyright",
    }
