"""One study: the stages in order, from the config to the frames. No formula lives here."""

from __future__ import annotations

import hashlib
import html
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import circle15
from circle15 import areas, checklist, coverage
from circle15.config import StudyConfig, load_config
from circle15.errors import ConfigError, DataError, InputError, head
from circle15.network import WalkNetwork, profile_named, profiles_with
from circle15.outputs.folder import write_run
from circle15.outputs.webmap import render_map
from circle15.reach import (
    behind_gates,
    from_gates,
    kind_reach,
    kind_times,
    nearest_times,
    take,
    times_within,
    warm_up,
)
from circle15.schema import (
    EVIDENCE,
    LEVELS,
    NO_AREA,
    StudyFrames,
    checked_residences,
    checked_site_kinds,
    checked_sites,
    points_of,
)
from circle15.siting.proposal import no_proposal, propose_sites
from circle15.sources.elevation import read_elevation
from circle15.sources.osm import no_garbage_collection, osm_sites, read_osm
from circle15.sources.registers import osm_areas, read_areas, read_gates, read_layer, read_residences, read_sites
from circle15.sources.residences import osm_residences
from circle15.units import FloatArray, IntArray, minutes_to_s

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from circle15.network import Profile, Snaps
    from circle15.sources.elevation import Elevation
    from circle15.sources.osm import OsmExtract

__all__ = ["Study", "StudyResult"]

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
UNTYPED_SHARE = 0.1
"""From this share of all buildings on, those that say only building=yes are worth a word."""

UNITS = {"residents": "residents", "dwellings": "dwellings", "floor_area_m2": "m2 of residential floor area"}


@dataclass(frozen=True, kw_only=True)
class StudyResult(StudyFrames):
    """What a study found: the frames of `StudyFrames`, the network, the settings and where they came from."""

    network: WalkNetwork
    manifest: dict[str, Any]

    def __repr__(self) -> str:
        return f"StudyResult({self.about['study_id']}: {len(self.residences):,} residences, {len(self.sites):,} sites)"

    def write(self, out: str | Path, *, pages: bool = True) -> Path:
        """Write every file of a run into a folder, all or nothing; see docs/files.md.

        Parameters
        ----------
        pages : whether the map and the reports are written beside the tables.

        Raises
        ------
        ConfigError
            when the folder holds files but no run of circle15, or can't be written.
        """
        return write_run(self, out, manifest=self.manifest, pages=pages)

    def explore(self) -> EmbeddedPage:
        """The map of the study, to be shown in a notebook; it needs no network."""
        return EmbeddedPage(render_map(self))


@dataclass(frozen=True)
class Study:
    """A study: settings, to be run.

    Examples
    --------
    >>> from circle15 import demo
    >>> study = Study.from_config(demo.config_path())
    >>> study.config.id
    'reykjavik'
    """

    config: StudyConfig

    @classmethod
    def from_config(
        cls,
        path: str | Path,
        *,
        profile: str | None = None,
        open_gates: Literal["all"] | Collection[str] | None = None,
    ) -> Self:
        """A study from its TOML file; `profile` and `open_gates` take the place of the config's.

        Raises
        ------
        ConfigError
            naming file and key of whatever is wrong in it.
        """
        config = load_config(path)
        if isinstance(open_gates, str) and open_gates != "all":
            open_gates = [open_gates]
        given = {"profile": profile, "open_gates": open_gates if open_gates in (None, "all") else tuple(open_gates)}
        changes = {key: value for key, value in given.items() if value is not None}
        config = config.model_copy(update={"walk": config.walk.model_copy(update=changes)})
        try:
            profiles = _profiles(config)
        except InputError as error:
            raise ConfigError(f"{config.path}: key 'walk.profiles': {error}") from None
        try:
            profile_named(config.walk.profile, profiles)
        except InputError as error:
            where = "--profile" if profile is not None else f"{config.path}: key 'walk.profile'"
            raise ConfigError(f"{where}: {error}") from None
        return cls(config)

    @property
    def profile(self) -> Profile:
        """How the study's people walk."""
        return profile_named(self.config.walk.profile, _profiles(self.config))

    @no_garbage_collection()
    def run(self, *, districts: Collection[str] = (), on_stage: Callable[[str], None] = lambda _: None) -> StudyResult:
        """Compute everything.

        Parameters
        ----------
        districts : ids; only residences in these are studied (all of them by default).
        on_stage : called with each of `STAGES` as it starts.

        Raises
        ------
        ConfigError, DataError
            when the settings or the data can't be used; each is one sentence with file and mend.
        """
        config = self.config
        clock = _Clock(on_stage)
        data = self._prepared(clock, districts)
        residences, sites = data.residences, data.sites
        network = data.network.with_open_gates(config.walk.open_gates)
        with clock(STAGES[3]):
            spots = points_of(residences)
            doors = network.snap(spots, residences["compound_id"])
            home = self._started(network, doors)
            there, edge = network.snap_sites(sites.geometry), network.data_edge(data.osm.extent)
            threshold_s = self._thresholds_s(residences)
            reach = kind_reach(
                network, residences.set_geometry(spots), sites, data.settled,
                home=home, there=there, threshold_s=threshold_s,
            )  # fmt: skip
            behind = behind_gates(network, sites, data.settled, reach, home=home, there=there, threshold_s=threshold_s)
            edge_s, _ = nearest_times(network, home, edge, [np.array([0])], cutoff_s=2 * threshold_s.max())
            otherwise = self._otherwise(data, spots, doors, edge, threshold_s=threshold_s)
            named = residences["compound_id"].fillna(network.compound_ids(home.own).set_axis(residences.index))
            residences = residences.assign(snap_m=doors.snap_m, compound_id=named)
        with clock(STAGES[4]):
            access = coverage.statuses(
                residences["residence_id"],
                site_id=sites["site_id"],
                **reach._asdict(),
                complete=coverage.complete_at(residences["community_id"], data.layers),
                on_network=home.on_network,
                edge_s=edge_s[:, 0],
                threshold_s=threshold_s,
                flat_speed_m_s=network.profile.speed_m_s,
                time_open_s=behind.time_s,
                snap_error_s=np.where(home.on_network, home.snap_m, 0.0) / network.profile.speed_m_s,
                otherwise=otherwise,
            )
            kept_out = (access["reason"] == "gate").to_numpy()
            gate_id = coverage.names_at(np.where(kept_out, behind.gate.ravel(), -1), network.edge_way.tolist())
            access = access.assign(gate_id=gate_id)
            known_policies = checklist.policies() | checklist.standards()
            chosen_policies = [known_policies[policy] for policy in config.policies]
            frames: dict[str, Any] = {
                "areas": areas.area_shares(residences, access, data.area_shapes),
                "scores": areas.scores(residences, access),
                "indicators": areas.indicators(
                    chosen_policies,
                    residences,
                    access,
                    threshold_s=threshold_s,
                    weight_meaning=config.residences.weight_meaning,
                    area_shapes=data.area_shapes,
                    sites=sites,
                    site_kinds=data.settled,
                    layers=data.layers,
                ),
                "gap_areas": areas.gap_areas(residences, access, _walking_metres(network, doors)),
                "gates": areas.gate_gains(residences, access, network.gates()),
            }
        with clock(STAGES[5]):
            proposal = no_proposal()
            if config.siting is not None:
                proposal = propose_sites(
                    network, residences, sites, data.site_kinds, access, home=home, threshold_s=threshold_s,
                    extent=data.osm.extent, unit=UNITS[config.residences.weight_meaning], **config.siting.model_dump(),
                )  # fmt: skip
        about = self._about(data)
        return StudyResult(
            residences=residences,
            access=access,
            sites=sites,
            site_kinds=data.site_kinds,
            layers=data.layers,
            area_shapes=data.area_shapes,
            **frames,
            candidates=proposal.candidates,
            plan=proposal.plan,
            plan_summary=proposal.summary,
            streets=network.streets(),
            backdrop=data.osm.backdrop,
            extent=data.osm.extent,
            about=about,
            network=network,
            manifest=self._manifest(data.osm, about, clock.timings, districts),
        )

    @no_garbage_collection()
    def check(self, *, on_stage: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
        """What is wrong or thin in the data, before anything is computed: JSON-ready counts and verdicts.

        Parameters
        ----------
        on_stage : called with each of the first three `STAGES` as it starts.

        Returns
        -------
        `title`; `overview` (sentences); `kinds` (for each kind the sites by evidence, and where its layer is complete);
        `communities` (density and what was asked); `warnings`.

        Raises
        ------
        ConfigError, DataError
            as `run` does.
        """
        data = self._prepared(_Clock(on_stage), ())
        found = data.site_kinds.groupby(["kind", "evidence"]).size()
        lived_in = data.layers["community_id"].isin(data.residences["community_id"].fillna(NO_AREA))
        by_kind = data.layers[lived_in].groupby("kind")
        complete = by_kind["complete"].mean()
        why = by_kind["why"].agg(lambda reasons: ", ".join(sorted(set(reasons.dropna()))))
        judged = ["community_id", "street_km", "density_per_km", "median_per_km", "needed_per_km"]
        return {
            "title": f"{self.config.title_zh} {self.config.title_en}",
            "overview": self._overview(data),
            "kinds": [
                {"kind": kind}
                | {evidence: int(found.get((kind, evidence), 0)) for evidence in EVIDENCE}
                | {"layer": f"complete in {complete[kind]:.0%} of communities" if complete[kind] > 0 else why[kind]}
                for kind in checklist.KINDS
            ],
            "communities": json.loads(
                data.layers[lived_in].drop_duplicates("community_id")[judged].to_json(orient="records")
            ),
            "warnings": self._warnings(data),
        }

    def _prepared(self, clock: _Clock, districts: Collection[str]) -> _Data:
        """The data read, checked and joined: the first three stages."""
        config = self.config
        with clock(STAGES[0]), ThreadPoolExecutor(1) as beside:
            warm = beside.submit(warm_up)  # the searches load, or compile, while the data is read
            osm = read_osm(config.file(config.osm.file), extent=config.osm.extent)
            warm.result()
        with clock(STAGES[1]):
            sites, site_kinds = self._sites(osm)
            settled, conflicts = self._settled(sites, site_kinds)
            area_shapes = self._areas(osm)
            residences, n_outside = self._residences(osm, area_shapes, districts)
        with clock(STAGES[2]):
            walk = config.walk
            network = WalkNetwork.from_osm(
                osm,
                profile=self.profile,
                elevation=self._elevation(osm),
                max_snap_m=walk.max_snap_m,
                min_component_m=walk.min_component_m,
                compound_default=walk.compound_default,
                compounds=None if walk.compounds is None else read_layer(config.file(walk.compounds)),
                gates=None if walk.gates is None else read_gates(config.file(walk.gates)),
            )
            layers = self._layers(network, osm, sites, site_kinds, area_shapes)
        return _Data(osm, sites, site_kinds, settled, conflicts, area_shapes, residences, n_outside, network, layers)

    def _started(self, network: WalkNetwork, doors: Snaps) -> Snaps:
        """Residences where the clock starts."""
        return from_gates(network, doors) if self.config.walk.origin == "gate" else doors

    def _otherwise(
        self, data: _Data, spots: gpd.GeoSeries, doors: Snaps, edge: Snaps, *, threshold_s: FloatArray
    ) -> coverage.OtherTimes | None:
        """The times with compounds open instead of closed, or the other way; None where there is no compound."""
        if not len(data.network.surroundings.compounds):
            return None
        walk = self.config.walk
        network = data.network.with_compounds("open" if walk.compound_default == "closed" else "closed")
        if walk.open_gates:
            known = set(network.gates()["gate_id"])
            network = network.with_open_gates("all" if walk.open_gates == "all" else known & set(walk.open_gates))
        home = network.snap_again(doors, spots, data.residences["compound_id"])
        home, there = self._started(network, home), network.snap_sites(data.sites.geometry)
        limit = float(threshold_s.max())
        confirmed, possible = kind_times(network, data.sites, data.settled, home=home, there=there, cutoff_s=limit)
        edge_s, _ = nearest_times(network, home, edge, [np.array([0])], cutoff_s=limit)
        return coverage.OtherTimes(confirmed, possible, home.on_network, edge_s[:, 0])

    def _overview(self, data: _Data) -> list[str]:
        network, residences, sites = data.network, data.residences, data.sites
        snap_m = network.snap(residences.geometry, residences["compound_id"]).snap_m
        off, far = np.isinf(snap_m), snap_m > self.config.walk.max_snap_m / 2
        walked = network.edge_open.any(axis=1)
        islands = walked & (network.component_m < network.min_component_m)
        heights = self._heights_file()
        known = network.edge_known @ network.edge_length_m / network.edge_length_m.sum()
        km, islands_km = network.edge_length_m[walked].sum() / 1000, network.edge_length_m[islands].sum() / 1000
        weight, meaning = residences["weight"].sum(), self.config.residences.weight_meaning
        extent = ", ".join(f"{degrees:.4f}" for degrees in data.osm.extent.bounds)
        return [
            f"data of {self._data_date(data.osm) or 'unknown date'}, extent {extent} ({data.osm.extent_source})",
            f"{len(residences):,} residences weighing {weight:,.0f} ({meaning})",
            f"{km:,.0f} km of walkable street, {islands_km:,.1f} km of it on islands that nobody is snapped to",
            *([] if heights is None else [f"{heights} has heights for {known:.1%} of the street"]),
            f"{off.sum():,} residences off the network, {(far & ~off).sum():,} over half of max_snap_m away from it",
            f"{len(sites):,} sites, {sites['name'].isna().sum():,} of them without a name",
        ]

    def _warnings(self, data: _Data) -> list[str]:
        """One sentence for each thing that a reader of the results should know."""
        config, residences = self.config, data.residences
        said = [*data.osm.warnings, *self._slope_warnings(data.network)]
        if data.n_outside:
            said.append(f"{data.n_outside:,} residences lie outside the data's extent and are not studied")
        if config.residences.file is None:
            untyped = sum(tags.get("building") == "yes" for tags in data.osm.buildings["tags"])
            if untyped > UNTYPED_SHARE * len(data.osm.buildings) and "yes" not in config.residences.buildings:
                said.append(
                    f"{untyped:,} of {len(data.osm.buildings):,} buildings say only building=yes and are not counted "
                    "as residences: shares speak of the rest; give a register of residences or set residences.buildings"
                )
        for level in LEVELS:
            outside = residences[f"{level}_id"].isna()
            if (data.area_shapes["level"] == level).any() and outside.any():
                share = residences["weight"][outside].sum() / residences["weight"].sum()
                said.append(
                    f"{outside.sum():,} residences ({share:.1%} of the weight) lie in no {level} of the areas given "
                    f"and are told under '{NO_AREA}'"
                )
        if config.walk.gates is not None:
            gate_id = read_gates(config.file(config.walk.gates))["gate_id"]
            lost = gate_id[~gate_id.isin(data.network.node_id)]
            if len(lost):
                gates = f"{len(lost):,} gates of {config.walk.gates}"
                said.append(f"{gates} stand on no way within 20 m and are left out: {head(lost)}")
        inside = shapely.covers(data.osm.extent, points_of(data.sites).to_numpy())
        for register in config.registers:
            own = data.sites["source"] == register.file.name
            if (own & ~inside).any():
                stray = head(data.sites["site_id"][own & ~inside])
                said.append(
                    f"{(own & ~inside).sum():,} sites of {register.file} lie outside the data's extent: {stray}"
                )
            held = set(data.site_kinds["kind"][data.site_kinds["site_id"].isin(data.sites["site_id"][own])])
            none = [kind for kind in register.complete if kind not in held]
            if none:
                said.append(f"{register.file} is declared complete for {', '.join(none)} and lists no site of it")
        for kind, rows in data.conflicts.groupby("kind", sort=True):
            said.append(
                f"{len(rows):,} possible or implied sites of {kind} are not in its complete register and decide "
                f"nothing: {head(rows['site_id'])}"
            )
        return said

    def _heights_file(self) -> Path | None:
        """The elevation model, where the study's profile has a use for it."""
        return self.config.walk.elevation if self.profile.minds_slopes else None

    def _elevation(self, osm: OsmExtract) -> Elevation | None:
        file = self._heights_file()
        if file is None:
            return None
        (west, south), (east, north) = osm.way_lonlat.min(axis=0).tolist(), osm.way_lonlat.max(axis=0).tolist()
        return read_elevation(self.config.file(file), box=(west, south, east, north))

    def _slope_warnings(self, network: WalkNetwork) -> list[str]:
        """What isn't known of slopes, where the profile minds them."""
        profile, file = network.profile, self._heights_file()
        if not profile.minds_slopes:
            return []
        flat = "count as flat"
        if profile.max_slope is not None:
            flat += f", and only tags bar what is steeper than {profile.max_slope:.1%}"
        if file is None:
            return [f"profile {profile.name} minds slopes, but 'walk.elevation' names no heights: all streets {flat}"]
        total_km, known_km = network.edge_length_m.sum() / 1000, network.edge_known @ network.edge_length_m / 1000
        if total_km - known_km < 0.05:
            return []
        return [
            f"{total_km - known_km:,.1f} km of {total_km:,.1f} km of street lie beyond the heights of {file} and {flat}"
        ]

    def _data_date(self, osm: OsmExtract) -> str | None:
        return self.config.osm.data_date or osm.data_date

    def _sites(self, osm: OsmExtract) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        """Sites and their kinds, from OSM and every register."""
        paths = [self.config.file(register.file) for register in self.config.registers]
        parts = [osm_sites(osm)]
        for path in paths:
            own, kinds = read_sites(path)
            taken = own["site_id"].isin(pd.concat([part["site_id"] for part, _ in parts]))
            if taken.any():
                raise DataError(
                    f"{path}: {head(own['site_id'][taken])} are ids of sites in another register or on the map; "
                    "give each site an id of its own"
                )
            parts.append((own, kinds))
        sites = gpd.GeoDataFrame(pd.concat([part for part, _ in parts], ignore_index=True), crs="EPSG:4326")
        checked = checked_sites(sites, source=", ".join(str(path) for path in [osm.path, *paths]))
        return checked, checked_site_kinds(
            pd.concat([kinds for _, kinds in parts], ignore_index=True),
            sites=checked,
            kinds=(*checklist.KINDS, *checklist.EXTENSION_KINDS),
        )

    def _settled(self, sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        listed: dict[str, set[str]] = {}
        for register in self.config.registers:
            for kind in register.complete:
                listed.setdefault(kind, set()).add(register.file.name)
        return coverage.settle_evidence(
            site_kinds, source=sites.set_index("site_id")["source"], complete_sources=listed
        )

    def _areas(self, osm: OsmExtract) -> gpd.GeoDataFrame:
        section = self.config.areas
        if section.file is not None:
            return read_areas(self.config.file(section.file))
        levels = {"community": section.community_admin_level, "district": section.district_admin_level}
        wanted = {level: admin for level, admin in levels.items() if admin is not None}
        return osm_areas(osm, wanted) if wanted else _no_areas()

    def _residences(
        self, osm: OsmExtract, area_shapes: gpd.GeoDataFrame, districts: Collection[str]
    ) -> tuple[gpd.GeoDataFrame, int]:
        """The residences studied, with their areas and settings, and how many lie outside the data's extent."""
        config, section = self.config, self.config.residences
        setting_is_given = False
        if section.file is not None:
            layer = read_residences(config.file(section.file))
            setting_is_given = "setting" in layer
            residences = checked_residences(layer, source=str(config.file(section.file)))
        else:
            residences = osm_residences(osm, buildings=section.buildings, default_levels=section.default_levels)
        frame: shapely.Geometry = osm.extent
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
            source = section.file or config.osm.file
            raise DataError(
                f"{config.file(source)}: none of {len(residences):,} residences lies in the study area; "
                "check 'within', 'osm.extent' and the coordinates"
            )
        residences = residences[inside].reset_index(drop=True)
        if not residences["weight"].sum() > 0:
            source = config.file(section.file or config.osm.file)
            raise DataError(f"{source}: no residence in the study area has any weight; give residents or floor area")
        within = residences.set_geometry(spots[inside].reset_index(drop=True))
        community, district = areas.assign_areas(within, area_shapes)
        settings = area_shapes.set_index(["level", "area_id"])["setting"]
        setting = pd.Series(config.setting, index=residences.index, dtype="str")
        for level, ids in (("district", district), ("community", community)):
            told = ids.map(dict(settings[level]) if level in settings.index else {}).astype("str")
            setting = told.fillna(setting)
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

    def _thresholds_s(self, residences: gpd.GeoDataFrame) -> FloatArray:
        thresholds = self.config.thresholds
        minutes = np.where(residences["setting"] == "rural", thresholds.rural_min, thresholds.urban_min)
        return np.array([minutes_to_s(value) for value in minutes], dtype=np.float64)

    def _layers(
        self,
        network: WalkNetwork,
        osm: OsmExtract,
        sites: gpd.GeoDataFrame,
        site_kinds: pd.DataFrame,
        area_shapes: gpd.GeoDataFrame,
    ) -> pd.DataFrame:
        communities = areas.without_overlaps(area_shapes[area_shapes["level"] == "community"])
        inside = gpd.GeoSeries(shapely.intersection(communities.geometry.to_numpy(), osm.extent), crs="EPSG:4326")
        km = pd.Series(network.street_km(inside), index=communities["area_id"].to_numpy(), dtype="float64")
        total_km = network.street_km(gpd.GeoSeries([osm.extent], crs="EPSG:4326"))[0]
        km.loc[NO_AREA] = max(total_km - km.sum(), 0.0)
        within = shapely.covers(osm.extent, points_of(sites).to_numpy())
        counted = sites[
            within & (sites["source"] == OSM_SOURCE).to_numpy()
        ]  # the density is the map's, not a register's
        community, _ = areas.assign_areas(counted, area_shapes)
        mapped = coverage.layer_completeness(
            site_kinds[site_kinds["site_id"].isin(counted["site_id"])],
            site_community=pd.Series(community.to_numpy(), index=counted["site_id"].to_numpy(), dtype="str"),
            street_km=km,
            declared=self.config.osm.complete,
            floor_per_km=self.config.density.floor_per_km,
            median_share=self.config.density.median_share,
        )
        listed = {kind for register in self.config.registers for kind in register.complete}
        return coverage.with_complete_registers(mapped, listed)

    def _about(self, data: _Data) -> dict[str, Any]:
        config, network = self.config, data.network
        return {
            "study_id": config.id,
            "title_zh": config.title_zh,
            "title_en": config.title_en,
            "data_date": self._data_date(data.osm),
            "attribution": "© OpenStreetMap contributors, ODbL 1.0",
            "licence_url": "https://www.openstreetmap.org/copyright",
            "weight_meaning": config.residences.weight_meaning,
            "profile": network.profile.name,
            "speed_m_s": network.profile.speed_m_s,
            "threshold_urban_s": minutes_to_s(config.thresholds.urban_min),
            "threshold_rural_s": minutes_to_s(config.thresholds.rural_min),
            "complete_why": config.osm.complete_why,
            "warnings": self._warnings(data),
            "version": circle15.__version__,
            "map_review_number": config.map_review_number,
        }

    def _manifest(
        self, osm: OsmExtract, about: dict[str, Any], timings: dict[str, float], districts: Collection[str]
    ) -> dict[str, Any]:
        config = self.config
        inputs = [
            config.osm.file, *(one.file for one in config.registers), config.areas.file, config.residences.file,
            config.walk.compounds, config.walk.gates,
            self._heights_file(),
        ]  # fmt: skip
        return {
            "program": "circle15",
            "version": circle15.__version__,
            "settings": config.settings() | {"districts": sorted(districts)},
            "inputs": [
                {
                    "file": path.name,
                    "sha256": _sha256(config.file(path)),
                    "bytes": config.file(path).stat().st_size,
                    "modified": _modified(config.file(path)),
                }
                | (
                    {"data_date": about["data_date"], "extent": list(osm.extent.bounds)}
                    if path == config.osm.file
                    else {}
                )
                for path in inputs
                if path is not None
            ],
            "extent_source": osm.extent_source,
            "warnings": about["warnings"],
            "timings_s": timings,
        }


class _Data(NamedTuple):
    """What a study starts from: `site_kinds` is all that is said, `settled` what decides."""

    osm: OsmExtract
    sites: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    settled: pd.DataFrame
    conflicts: pd.DataFrame
    area_shapes: gpd.GeoDataFrame
    residences: gpd.GeoDataFrame
    n_outside: int
    network: WalkNetwork
    layers: pd.DataFrame


class _Clock:
    """Announces stages and keeps how long each took."""

    def __init__(self, on_stage: Callable[[str], None]) -> None:
        self.timings: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self._on_stage(stage)
        start = time.perf_counter()
        yield
        self.timings[stage] = round(time.perf_counter() - start, 3)


def _profiles(config: StudyConfig) -> dict[str, Profile]:
    return profiles_with({name: table.model_dump(exclude_none=True) for name, table in config.walk.profiles.items()})


def _walking_metres(network: WalkNetwork, home: Snaps) -> Callable[[IntArray], Any]:
    """How far some residences are from each other on foot, up to the link distance of gap areas."""
    metres = network.in_metres()

    def within(rows: IntArray) -> Any:
        chosen = take(home, rows)
        return times_within(metres, chosen, chosen, cutoff_s=areas.LINK_M)

    return within


def _no_areas() -> gpd.GeoDataFrame:
    columns: dict[str, list[str]] = {"level": [], "area_id": [], "name": [], "setting": []}
    return gpd.GeoDataFrame(pd.DataFrame(columns, dtype="str"), geometry=[], crs="EPSG:4326")


def _modified(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class EmbeddedPage:
    """A whole page that shows itself in a notebook cell."""

    html: str
    height_px: int = 600

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" style="width:100%;height:{self.height_px}px;border:0" '
            'title="circle15"></iframe>'
        )
