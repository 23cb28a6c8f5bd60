"""How good the data of a study is: counted, measured and put side by side, before anything is computed.

Each section is a pure function of what `inputs.prepared` gives, and JSON-ready: lists of rows, numbers, None where a
figure can't be given.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from circle15 import checklist
from circle15.inputs import (
    OSM_SOURCE,
    data_date_of,
    km_by_community,
    licence_of,
    misplaced,
    sources_of,
    verdict_sentence,
)
from circle15.notes import overview_of, warnings_of
from circle15.schema import EVIDENCE, NO_AREA
from circle15.sources.merging import alike_pairs, from_source, missed_by_both
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import pandas as pd

    from circle15.config import StudyConfig
    from circle15.inputs import JudgedRegister, StudyData
    from circle15.units import FloatArray

__all__ = ["AT_STREET_M", "MISSED_ASSUMES", "data_quality"]

AT_STREET_M = 30.0
"""A residence this close to a street that its people may use is at the street."""

MISSED_ASSUMES = Words(
    "Chapman 估计量假定：两个来源之间没有新开或关闭，共有的设施点都已识别，每个来源漏掉任一处的机会相同，"
    "且两者的遗漏互不相关；两者都偏爱大的和中心的设施，因此应读作“至少这么多”。共有不足7处时仅供参考。",
    "Chapman's estimator assumes that nothing opened or closed between the two sources, that every site both have was "
    "recognised as one, that a source is as likely to miss one site as another, and that missing from one says nothing "
    "about missing from the other; as both like the big and the central, read it as at least so many. Fewer than 7 in "
    "common make it a guess.",
)


def data_quality(config: StudyConfig, data: StudyData) -> dict[str, Any]:
    """What is wrong or thin in a study's data.

    Parameters
    ----------
    config, data : the settings, and what `inputs.prepared` made of them (`keep_misplaced`, to tell of registers in
        another coordinate system rather than to stop at them).

    Returns
    -------
    `title, data_date, attribution, licence_url`; `overview` (sentences, each `{"zh": ..., "en": ...}` like all here);
    and these, each a list of rows unless said:

    - `registers`: `file, what` ("sites", "residences"), `rows` (filled in), `used` (sites or residences made of them),
      `absent` (kinds surveyed and not there), `kinds` (kind -> sites), `leftovers` (`why, n, rows`: row numbers; why is
      "kind" or "coordinates"), `columns` (column -> header), `notes`, and `coordinates`: `declared, verdict`
      ("fits", "other", "mixed", "unclear"), `system, swapped, sentence, checked` (the config insists) and `fits`, the
      evidence for each reading (`sources.coordinates.Fit`);
    - `kinds`, the 27 and the extension kinds that some site holds: `kind`, sites by evidence (`confirmed, possible,
      implied`), `sources` (source -> sites; a merged site counts in each of its sources), `complete_share` (of the
      communities that residences lie in; None for extension kinds), `why` (the reasons of the others);
    - `communities` that residences lie in: `community_id, name, street_km` (public), `island_km` (of it, on islands
      that nobody is snapped to), `density_per_km` (ground-surveyed sites of the map per km of street), `median_per_km`
      (of the study's communities), `needed_per_km` (what is asked), `thin`, `n_residences, weight, share_at_street`
      (of the weight: within 30 m, in a straight line, of a street that its people may use), `share_off_network` (of the
      weight), `n_off_network, n_far` (on the network, but more than half of `max_snap_m` from it);
    - `duplicates`, a dict: `merged` (`why, kept_source, dropped_source, n`) and `alike`
      (`merging.alike_pairs`: likely the same, and not merged);
    - `conflicts`: `kind, why, by, n`;
    - `missed`: for each pair of sources and kind that both have, `first, second` and the columns of
      `merging.missed_by_both`; `missed_assumes` says what the estimate takes for granted. A survey list asks about what
      other sources say, so that it is no second source; nor is a register that is in another coordinate system;
    - `survey`, a dict or None: `file, answered, asked`;
    - `warnings` (sentences) and `errors` (sentences; with one the data can't be used as it is).
    """
    snap_m = data.network.snap(data.residences.geometry, data.residences["compound_id"]).snap_m
    unclear = [verdict_sentence(one) for one in data.registers if one.verdict.verdict == "unclear"]
    return {
        "title": f"{config.title_zh} {config.title_en}",
        "data_date": data_date_of(config, data.osm),
        **licence_of(config),
        "overview": [one.to_dict() for one in overview_of(config, data, snap_m)],
        "registers": [_register(one) for one in data.registers],
        "kinds": _kinds(config, data),
        "communities": _communities(config, data, snap_m),
        "duplicates": _duplicates(config, data),
        "conflicts": _counted(data.conflicts, ["kind", "why", "by"]),
        "missed": _missed(config, data),
        "missed_assumes": MISSED_ASSUMES.to_dict(),
        "survey": _survey(config, data),
        "warnings": [one.to_dict() for one in (*warnings_of(config, data), *unclear)],
        "errors": [one.to_dict() for one in misplaced(data.registers)],
    }


def _register(one: JudgedRegister) -> dict[str, Any]:
    register, verdict = one.register, one.verdict
    leftovers = register.leftovers.groupby("why", sort=True)["row"]
    return {
        "file": str(one.section.name),
        "what": one.what,
        "rows": len(register.rows),
        "used": len(register.frame),
        "absent": len(register.absent),
        "kinds": {str(kind): int(n) for kind, n in register.site_kinds.groupby("kind", sort=False).size().items()},
        "leftovers": [{"why": str(why), "n": len(rows), "rows": [int(row) for row in rows]} for why, rows in leftovers],
        "columns": dict(register.columns),
        "notes": [note.to_dict() for note in register.notes],
        "coordinates": {
            "declared": verdict.declared,
            "verdict": verdict.verdict,
            "system": verdict.system,
            "swapped": verdict.swapped,
            "sentence": verdict_sentence(one).to_dict(),
            "checked": one.section.coordinates_checked,
            "fits": [_plain_row(fit._asdict()) for fit in verdict.fits],
        },
    }


def _kinds(config: StudyConfig, data: StudyData) -> list[dict[str, Any]]:
    """Sites of each kind by evidence and source, and where the layer is complete."""
    rows = data.site_kinds
    found = rows.groupby(["kind", "evidence"]).size()
    by_source = {source: rows[from_source(rows["source"], source)].groupby("kind").size() for source in _known(config)}
    lived_in = data.layers["community_id"].isin(data.residences["community_id"].fillna(NO_AREA))
    by_kind = data.layers[lived_in].groupby("kind")
    complete = by_kind["complete"].mean()
    why = {str(kind): sorted(set(reasons.dropna())) for kind, reasons in by_kind["why"]}
    held = set(rows["kind"])
    return [
        {"kind": kind}
        | {evidence: int(found.get((kind, evidence), 0)) for evidence in EVIDENCE}
        | {"sources": {source: int(counts[kind]) for source, counts in by_source.items() if kind in counts.index}}
        | {"complete_share": float(complete[kind]) if kind in complete.index else None, "why": why.get(kind, [])}
        for kind in (*checklist.KINDS, *checklist.EXTENSION_KINDS)
        if kind in checklist.KINDS or kind in held
    ]


def _known(config: StudyConfig) -> list[str]:
    """Every source of sites, the map first."""
    return [OSM_SOURCE, *(source for source in sources_of(config) if source != OSM_SOURCE)]


def _communities(config: StudyConfig, data: StudyData, snap_m: FloatArray) -> list[dict[str, Any]]:
    """Of each community that somebody lives in: how it is mapped, and how its residences hang on the streets."""
    network, residences = data.network, data.residences
    islands = network.edge_open.any(axis=1) & (network.component_m < network.min_component_m)
    island_km = km_by_community(network, data.osm, data.area_shapes, only=islands)
    mapped = data.layers.drop_duplicates("community_id").set_index("community_id")
    shapes = data.area_shapes[data.area_shapes["level"] == "community"]
    names = dict(zip(shapes["area_id"], shapes["name"].astype(object), strict=True)) if "name" in shapes else {}
    weight = residences["weight"].to_numpy(dtype=np.float64)
    off = np.isinf(snap_m)
    far, near = ~off & (snap_m > config.walk.max_snap_m / 2), snap_m <= AT_STREET_M
    # a residence may name a community whose shape isn't given: it is judged like what lies in none
    place = residences["community_id"].where(residences["community_id"].isin(mapped.index), NO_AREA)
    out = []
    for community in sorted(set(place), key=lambda area_id: (area_id == NO_AREA, area_id)):
        here = (place == community).to_numpy()
        row, total = mapped.loc[community], weight[here].sum()
        out.append(
            _plain_row(
                {
                    "community_id": community,
                    "name": names.get(community),
                    "street_km": row["street_km"],
                    "island_km": island_km.get(community, 0.0),
                    "density_per_km": row["density_per_km"],
                    "median_per_km": row["median_per_km"],
                    "needed_per_km": row["needed_per_km"],
                    "thin": not row["density_per_km"] >= row["needed_per_km"],  # a density of nan is thin as well
                    "n_residences": here.sum(),
                    "weight": total,
                    "share_at_street": weight[here & near].sum() / total if total > 0 else np.nan,
                    "share_off_network": weight[here & off].sum() / total if total > 0 else np.nan,
                    "n_off_network": (here & off).sum(),
                    "n_far": (here & far).sum(),
                }
            )
        )
    return out


def _duplicates(config: StudyConfig, data: StudyData) -> dict[str, Any]:
    alike = alike_pairs(data.sites, data.site_kinds, distance_m=config.merging.distance_m)
    return {
        "merged": _counted(data.merges, ["why", "kept_source", "dropped_source"]),
        "alike": [_plain_row(row) for row in alike.to_dict(orient="records")],
    }


def _missed(config: StudyConfig, data: StudyData) -> list[dict[str, Any]]:
    """What each two sources probably both miss; those without a sighting have nothing to compare."""
    seen = data.site_kinds[data.site_kinds["evidence"] != "implied"]
    left_out = {str(one.section.name) for one in data.registers if misplaced([one])}
    if config.survey is not None:
        left_out.add(config.survey.name)
    lists = [
        source for source in _known(config) if source not in left_out and from_source(seen["source"], source).any()
    ]
    order = {kind: i for i, kind in enumerate((*checklist.KINDS, *checklist.EXTENSION_KINDS))}
    return [
        {"first": first, "second": second} | _plain_row(row)
        for first, second in combinations(lists, 2)
        for row in missed_by_both(data.site_kinds, first=first, second=second)
        .sort_values("kind", key=lambda kinds: kinds.map(order))
        .to_dict(orient="records")
    ]


def _survey(config: StudyConfig, data: StudyData) -> dict[str, Any] | None:
    if config.survey is None or data.answered is None:
        return None
    return {"file": config.survey.name, "answered": data.answered[0], "asked": data.answered[1]}


def _counted(frame: pd.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    """How many rows there are of each combination."""
    groups: Iterable[Any] = frame.groupby(by, sort=True).size().items()
    return [dict(zip(by, map(str, key), strict=True)) | {"n": int(n)} for key, n in groups]


def _plain_row(row: dict[Hashable, Any] | dict[str, Any]) -> dict[str, Any]:
    """A row with Python's own values; None for what isn't known, and what has no bound."""
    return {str(key): _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
