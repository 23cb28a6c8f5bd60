"""One study: the stages in order, from the config to the frames. No formula lives here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

import geopandas as gpd
import numpy as np
import pandas as pd

import circle15
from circle15 import areas, checklist, coverage
from circle15.config import StudyConfig, load_config
from circle15.display import listed, small_table
from circle15.errors import ConfigError, InputError
from circle15.inputs import (
    FORMS,
    STAGES,
    Clock,
    data_date_of,
    heights_file,
    licence_of,
    prepared,
    profile_of,
    profiles_of,
    thresholds_s,
)
from circle15.network import WalkNetwork, barriers_frame, edges_frame, ends_frame, profile_named, zones_frame
from circle15.notes import warnings_of
from circle15.outputs.folder import FinishedRun, sha256_of
from circle15.quality import data_quality
from circle15.reach import (
    behind_gates,
    from_gates,
    kind_reach,
    kind_times,
    nearest_times,
    take,
    times_within,
)
from circle15.scenario import Basis
from circle15.schema import PEOPLE_GROUPS, points_of
from circle15.siting.proposal import no_proposal, propose_sites
from circle15.sources.opening import weekly_hours
from circle15.sources.osm import no_garbage_collection
from circle15.survey import survey_list
from circle15.units import FloatArray, IntArray, minutes_to_s

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from circle15.inputs import StudyData
    from circle15.network import Profile, Snaps
    from circle15.sources.osm import OsmExtract

__all__ = ["Study", "StudyResult"]


UNITS = {"residents": "residents", "dwellings": "dwellings", "floor_area_m2": "m2 of residential floor area"}


@dataclass(frozen=True, kw_only=True, repr=False)
class StudyResult(FinishedRun):
    """What a study found: the frames of `StudyFrames`, the network, the settings and where they came from.

    `basis` is what `circle15.trial` starts from.
    """

    network: WalkNetwork
    basis: Basis


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
            profiles = profiles_of(config)
        except InputError as error:
            raise ConfigError(f"{config.path}: key 'walk.profiles': {error}") from None
        try:
            profile_named(config.walk.profile, profiles)
        except InputError as error:
            where = "--profile" if profile is not None else f"{config.path}: key 'walk.profile'"
            raise ConfigError(f"{where}: {error}") from None
        return cls(config)

    def _repr_html_(self) -> str:
        config = self.config
        rows: list[tuple[str, object]] = [
            ("配置 config", config.path.name),
            ("地图 map", config.osm.file.name),
            ("登记表 registers", listed(register.name for register in config.registers)),
            ("步行方式 profile", f"{self.profile.name}, {self.profile.speed_m_s:g} m/s"),
            (
                "时限（城/乡） minutes, urban / rural",
                f"{config.thresholds.urban_min:g} / {config.thresholds.rural_min:g}",
            ),
            ("地图齐全的类别 kinds complete on the map", listed(config.osm.complete)),
            ("政策 policies", listed(config.policies)),
        ]
        return small_table(f"{config.title_zh} · {config.title_en}", rows)

    def without_siting(self) -> Self:
        """The same study, but that it proposes no sites."""
        return type(self)(self.config.model_copy(update={"siting": None}))

    @property
    def profile(self) -> Profile:
        """How the study's people walk."""
        return profile_of(self.config)

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
        clock = Clock(on_stage)
        data = prepared(config, clock, districts)
        residences, sites = data.residences, data.sites
        network = data.network.with_open_gates(config.walk.open_gates)
        with clock(STAGES[3]):
            spots = points_of(residences)
            doors = network.snap(spots, residences["compound_id"])
            home = self._started(network, doors)
            there, edge = network.snap_sites(sites.geometry), network.data_edge(data.osm.extent)
            threshold_s = thresholds_s(config, residences)
            reach = kind_reach(
                network, residences.set_geometry(spots), sites, data.counted,
                home=home, there=there, threshold_s=threshold_s,
            )  # fmt: skip
            behind = behind_gates(network, sites, data.counted, reach, home=home, there=there, threshold_s=threshold_s)
            edge_s, _ = nearest_times(network, home, edge, [np.array([0])], cutoff_s=2 * threshold_s.max())
            otherwise = self._otherwise(data, spots, doors, edge, threshold_s=threshold_s)
            named = residences["compound_id"].fillna(network.compound_ids(home.own).set_axis(residences.index))
            residences = residences.assign(snap_m=doors.snap_m, compound_id=named)
        with clock(STAGES[4]):
            complete = coverage.complete_at(residences["community_id"], data.layers)
            access = coverage.statuses(
                residences["residence_id"],
                site_id=sites["site_id"],
                **reach._asdict(),
                complete=complete,
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
                "group_shares": areas.group_shares(
                    residences, access, [group for group in PEOPLE_GROUPS if group in residences]
                ),
                "scores": areas.scores(residences, access),
                "indicators": areas.indicators(
                    chosen_policies,
                    residences,
                    access,
                    threshold_s=threshold_s,
                    weight_meaning=config.residences.studied_weight,
                    area_shapes=data.area_shapes,
                    sites=sites,
                    site_kinds=data.settled,
                    layers=pd.concat([data.layers, data.extension_layers]),
                    figures=data.forms.get("community_figures"),
                    hours=_weekly_hours(sites),
                ),
                "gap_areas": areas.gap_areas(residences, access, _walking_metres(network, doors)),
                "gates": areas.gate_gains(residences, access, network.gates()),
                "survey": survey_list(residences, access, sites, data.site_kinds, data.area_shapes),
                "compounds": areas.compound_shares(residences, access, network.surroundings.compounds, network.gates()),
                "forms": _summed_up(data.forms, official=config.forms.inventory_official),
            }
            frames["unanswered"] = areas.unanswered(chosen_policies, frames["indicators"])
        with clock(STAGES[5]):
            proposal = no_proposal()
            if config.siting is not None:
                proposal = propose_sites(
                    network, residences, sites, data.site_kinds, access, home=home, threshold_s=threshold_s,
                    extent=data.osm.extent, unit=UNITS[config.residences.studied_weight], **config.siting.model_dump(),
                )  # fmt: skip
        about = self._about(data)
        return StudyResult(
            residences=residences,
            access=access,
            sites=sites,
            site_kinds=data.site_kinds,
            merges=data.merges,
            conflicts=data.conflicts,
            layers=data.layers,
            area_shapes=data.area_shapes,
            **frames,
            candidates=proposal.candidates,
            plan=proposal.plan,
            plan_served=proposal.served,
            plan_summary=proposal.summary,
            streets=network.streets(),
            backdrop=data.osm.backdrop,
            deciding=data.counted[["site_id", "kind", "evidence"]].reset_index(drop=True),
            network_edges=edges_frame(network),
            ends=ends_frame(
                network, {"residence": (residences["residence_id"], home), "site": (sites["site_id"], there)}
            ),
            zones=zones_frame(network),
            barriers=barriers_frame(network),
            extent=data.osm.extent,
            about=about,
            network=network,
            basis=Basis(home, there, edge, complete, threshold_s),
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
        The sections of `quality.data_quality`; with a sentence in `errors`, `run` refuses the data.

        Raises
        ------
        ConfigError, DataError
            as `run` does, but for registers in another coordinate system than the config says, which are told.
        """
        return data_quality(self.config, prepared(self.config, Clock(on_stage), (), keep_misplaced=True))

    def _started(self, network: WalkNetwork, doors: Snaps) -> Snaps:
        """Residences where the clock starts."""
        return from_gates(network, doors) if self.config.walk.origin == "gate" else doors

    def _otherwise(
        self, data: StudyData, spots: gpd.GeoSeries, doors: Snaps, edge: Snaps, *, threshold_s: FloatArray
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
        confirmed, possible = kind_times(network, data.sites, data.counted, home=home, there=there, cutoff_s=limit)
        edge_s, _ = nearest_times(network, home, edge, [np.array([0])], cutoff_s=limit)
        return coverage.OtherTimes(confirmed, possible, home.on_network, edge_s[:, 0])

    def _about(self, data: StudyData) -> dict[str, Any]:
        config, network = self.config, data.network
        return {
            "study_id": config.id,
            "title_zh": config.title_zh,
            "title_en": config.title_en,
            "data_date": data_date_of(config, data.osm),
            **licence_of(config),
            "weight_meaning": config.residences.studied_weight,
            "profile": network.profile.name,
            "speed_m_s": network.profile.speed_m_s,
            "threshold_urban_s": minutes_to_s(config.thresholds.urban_min),
            "threshold_rural_s": minutes_to_s(config.thresholds.rural_min),
            "walk": {
                "plane_lonlat": network.plane_lonlat,
                "max_snap_m": network.max_snap_m,
                "compounds_closed": network.surroundings.closed,
            },
            "complete_why": None if config.osm.complete_why is None else config.osm.complete_why.model_dump(),
            "warnings": [one.to_dict() for one in warnings_of(self.config, data)],
            "version": circle15.__version__,
            "map_review_number": config.map_review_number,
            "min_residents": config.map.min_residents,
            "tianditu_key": config.map.tianditu_key,
        }

    def _manifest(
        self, osm: OsmExtract, about: dict[str, Any], timings: dict[str, float], districts: Collection[str]
    ) -> dict[str, Any]:
        config = self.config
        inputs = [
            config.osm.file, config.residences.population, heights_file(config), config.survey,
            *(one.file for one in (*config.registers, config.areas, config.residences)),
            *(one.file for one in (config.residences.compounds, config.walk.compounds, config.walk.gates) if one),
            *(getattr(config.forms, form) for form in FORMS),
        ]  # fmt: skip
        return {
            "program": "circle15",
            "version": circle15.__version__,
            "settings": config.settings() | {"districts": sorted(districts)},
            "inputs": [
                {
                    "file": path.name,
                    "sha256": sha256_of(config.file(path)),
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


def _weekly_hours(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """How long each site with known hours is open."""
    hours = weekly_hours(sites["opening_hours"])
    return hours.assign(site_id=sites["site_id"]).dropna(subset=["min_day_hours"]).reset_index(drop=True)


def _summed_up(forms: dict[str, pd.DataFrame], *, official: bool) -> dict[str, pd.DataFrame]:
    """What stands beside the score: providers, satisfaction, demands and service items, where their forms are there."""
    summed: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
        "providers": areas.providers_by_area,
        "satisfaction": lambda form: areas.satisfaction_by_kind(form, forms.get("providers")),
        "demand_list": areas.matched_demand,
        "inventory": lambda form: areas.inventory_by_category(form, official=official),
    }
    return {name: sums(forms[name]) for name, sums in summed.items() if name in forms}


def _walking_metres(network: WalkNetwork, home: Snaps) -> Callable[[IntArray], Any]:
    """How far some residences are from each other on foot, up to the link distance of gap areas."""
    metres = network.in_metres()

    def within(rows: IntArray) -> Any:
        chosen = take(home, rows)
        return times_within(metres, chosen, chosen, cutoff_s=areas.LINK_M)

    return within


def _modified(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
