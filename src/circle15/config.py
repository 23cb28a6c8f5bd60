"""A study's settings: TOML on disk, frozen and checked in memory. Every error names file and key.

Minutes are allowed here (and on pages) only; everything else is seconds and metres. Paths are relative to the config.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from circle15 import checklist
from circle15.errors import ConfigError

__all__ = ["StudyConfig", "load_config"]


def _known_kind(kind: str) -> str:
    if kind not in checklist.KINDS:
        raise ValueError(f"'{kind}' is no kind of the checklist; use {', '.join(checklist.KINDS)}")
    return kind


def _any_kind(kind: str) -> str:
    known = (*checklist.KINDS, *checklist.EXTENSION_KINDS)
    if kind not in known:
        raise ValueError(f"'{kind}' is no kind; use {', '.join(known)}")
    return kind


def _known_policy(policy: str) -> str:
    known = checklist.policies() | checklist.standards()
    if policy not in known:
        raise ValueError(f"'{policy}' is no policy of the catalogue; use {', '.join(known)}")
    return policy


def _box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    if not -90 <= south < north <= 90 and -90 <= west < east <= 90:
        raise ValueError("latitude and longitude look exchanged; a box is [west, south, east, north] in degrees")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError("a box is [west, south, east, north] in degrees, west < east and south < north")
    return box


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; give one such as Asia/Shanghai") from None
    return name


def _no_twice(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice; name each once")
    return values


def _plain_id(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise ValueError(f"'{name}' can't be an id; use up to 64 letters a-z, digits, - and _ (titles may be Chinese)")
    return name


KindId = Annotated[str, AfterValidator(_known_kind)]
AnyKindId = Annotated[str, AfterValidator(_any_kind)]
PolicyId = Annotated[str, AfterValidator(_known_policy)]
Kinds = Annotated[tuple[KindId, ...], AfterValidator(_no_twice)]
AnyKinds = Annotated[tuple[AnyKindId, ...], AfterValidator(_no_twice)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
PlainId = Annotated[str, AfterValidator(_plain_id)]
Box = Annotated[tuple[Number, Number, Number, Number], AfterValidator(_box)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class SaidSection(_Section):
    """A sentence for pages, in Chinese and English."""

    zh: str
    en: str


def _in_both(said: Any) -> Any:
    """A string is shown as it is in both languages."""
    return {"zh": said, "en": said} if isinstance(said, str) else said


class OsmSection(_Section):
    """`[osm]`: the OpenStreetMap extract and how far it can be trusted."""

    file: Path
    extent: Box | None = None
    """West, south, east, north of the data; else the file's own box; else its nodes' box."""
    data_date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The data's date, instead of what the file says."""
    attribution: str | None = Field(default=None, min_length=1)
    """Whose the data is and under which licence, where it isn't OpenStreetMap's."""
    complete: Kinds = ()
    """Kinds whose sites are all in the file; only these can show gaps."""
    complete_why: Annotated[SaidSection | None, BeforeValidator(_in_both)] = None
    """Why that is believed, shown on every page: `{ zh = "...", en = "..." }`, or a string for both."""


class ReadingSection(_Section):
    """What a table or a map layer is read from, and how, where it doesn't speak for itself."""

    file: Path | None = None
    database: str | None = None
    """In place of a file: postgresql://user@host/name, without a password."""
    coordinates: str = "wgs84"
    """The system of its coordinates: wgs84, gcj02, bd09, cgcs2000, EPSG:4547 ..."""
    encoding: str | None = None
    """Of a text file or a Shapefile; else found, or asked for in doubt."""
    sheet: str | None = None
    """Of a workbook; else the only one that fits."""
    layer: str | None = None
    """Of a map file; else the only one."""
    table: str | None = None
    """Of a database: name or schema.name."""
    sql: str | None = None
    """A query instead."""
    columns: dict[str, str] = {}
    """Column -> its header in the file, where the header is none that is known."""
    id_column: str | None = None
    """The header of the ids."""

    @model_validator(mode="after")
    def _one_place(self) -> ReadingSection:
        if self.file is not None and self.database is not None:
            raise ValueError("give either file or database, not both")
        if self.database is not None and not re.match(r"postgres(ql)?://", self.database):
            raise ValueError("database is no address; write postgresql://user@host/name")
        if self.database is not None and re.search(r"://[^/]*:[^/]*@|password=", self.database):
            raise ValueError("database holds a password, which would be seen; put it into PGPASSWORD or ~/.pgpass")
        if (self.database is None) != (self.table is None and self.sql is None):
            raise ValueError("a database needs table or sql, and only a database has them")
        return self

    @property
    def name(self) -> str | None:
        """What the source is called: the file's name, or the database's table; None where there is none."""
        return self.table or "sql" if self.database is not None else self.file.name if self.file is not None else None


def _as_source(value: Any) -> Any:
    """A path is a source read as it speaks for itself."""
    return {"file": value} if isinstance(value, str | Path) else value


Source = Annotated[ReadingSection, BeforeValidator(_as_source)]
"""A path, or a table of what it is read from, and how."""


class PlacesSection(ReadingSection):
    """A register whose places are held against the map before anything is computed."""

    coordinates_checked: Flag = False
    """The planner has looked and insists: that the places fit another system better is told, and stops nothing."""


class RegisterSection(PlacesSection):
    """One `[[registers]]`: a register of sites (table or map layer), and the kinds of which it lists every site."""

    complete: AnyKinds = ()
    complete_in: Annotated[tuple[str, ...], AfterValidator(_no_twice)] = ()
    """Communities (area_id) in which it lists every site of these kinds; everywhere if none is named."""
    kind: AnyKindId | None = None
    """What a row without a kind of its own is."""

    @model_validator(mode="after")
    def _complete_somewhere(self) -> RegisterSection:
        if self.complete_in and not self.complete:
            raise ValueError("complete_in says where a register is complete; say in complete for which kinds")
        return self

    @model_validator(mode="after")
    def _has_a_source(self) -> RegisterSection:
        if self.name is None:
            raise ValueError("a register needs a file or a database; add one")
        return self


class ResidencesSection(PlacesSection):
    """`[residences]`: where people live and what a residence weighs; without a source, the OSM buildings named here."""

    weight_meaning: Literal["residents", "dwellings", "floor_area_m2"] = "floor_area_m2"
    buildings: tuple[str, ...] = (
        "apartments", "bungalow", "cabin", "detached", "dormitory", "farm", "ger", "house", "houseboat", "residential",
        "semidetached_house", "static_caravan", "terrace",
    )  # fmt: skip
    """Values of the tag `building` that people live in."""
    default_levels: Number = Field(default=2.0, gt=0, le=100)
    """Storeys of a building that doesn't say."""
    household_size: Number | None = Field(default=None, gt=0, le=50)
    """People in a household: the file's dwellings become residents."""
    population: Path | None = None
    """A population raster (GeoTIFF) that is spread over the residences by floor area, and makes weights residents."""
    population_unit: Literal["count", "per_km2", "per_ha"] | None = None
    """What a cell of the raster counts, where its file doesn't say."""
    compounds: Source | None = None
    """Compounds with residents of their own (compound_id, weight), which silence their buildings' estimates."""

    @property
    def studied_weight(self) -> Literal["residents", "dwellings", "floor_area_m2"]:
        """What the weights of the study are: those given, or residents made of them."""
        counted = self.population is not None or self.household_size is not None
        return "residents" if counted else self.weight_meaning

    @model_validator(mode="after")
    def _weight_fits(self) -> ResidencesSection:
        if self.name is None and self.weight_meaning != "floor_area_m2":
            raise ValueError("weights of OSM buildings are floor_area_m2; give a file with residents or dwellings")
        if self.household_size is not None and self.weight_meaning != "dwellings":
            raise ValueError(
                "household_size multiplies households; give a file of them and weight_meaning = 'dwellings'"
            )
        if self.household_size is not None and self.population is not None:
            raise ValueError("people come from a population raster or from households; give one of the two")
        if self.population_unit is not None and self.population is None:
            raise ValueError("population_unit speaks of a population raster; give one")
        if self.compounds is not None and self.studied_weight != "residents":
            raise ValueError("compounds have residents, and so must the others; give population or household_size")
        return self


class AreasSection(ReadingSection):
    """`[areas]`: communities and districts, from a polygon layer or from OSM's administrative levels."""

    community_admin_level: Whole | None = Field(default=None, ge=1, le=11)
    district_admin_level: Whole | None = Field(default=None, ge=1, le=11)

    @model_validator(mode="after")
    def _one_source(self) -> AreasSection:
        if self.name is not None and (self.community_admin_level or self.district_admin_level):
            raise ValueError("give either a file or admin levels of OSM, not both")
        return self


class ProfileSection(_Section):
    """`[walk.profiles.NAME]`: changes a profile of the catalogue, or defines a new one; see network/profiles.py."""

    speed_m_s: Number | None = None
    stairs_factor: Number | None = None
    slope: Flag | None = None
    crossing_delay_s: Number | None = None
    crossing_delay_signals_s: Number | None = None
    max_slope: Number | None = None
    zh: str | None = None
    en: str | None = None
    basis: str | None = None


class WalkSection(_Section):
    """`[walk]`: how people walk."""

    profile: str = "planning"
    profiles: dict[PlainId, ProfileSection] = {}
    elevation: Path | None = None
    """Heights of the ground (GeoTIFF or .hgt), for profiles that mind slopes."""
    max_snap_m: Number = Field(default=200.0, gt=0, le=5000)
    min_component_m: Number = Field(default=500.0, ge=0)
    compound_default: Literal["open", "closed"] = "open"
    """Whether strangers walk on ways without access tags inside compounds."""
    compounds: Source | None = None
    """Compounds beside those on the map: a polygon layer with compound_id and perhaps name."""
    gates: Source | None = None
    """A register of gates, open or closed."""
    open_gates: Literal["all"] | tuple[str, ...] = ()
    """Ids of closed gates to be opened, or "all": what if?"""
    origin: Literal["door", "gate"] = "door"
    """Where the clock starts: at the door, or at the nearest gate of the residence's compound."""


class MergingSection(_Section):
    """`[merging]`: when rows of two sources are the same site (docs/statuses.md)."""

    distance_m: Number = Field(default=60.0, ge=0, le=500)
    """How far apart two sources may put the same site."""


class FormsSection(_Section):
    """`[forms]`: figures and lists that stand beside the map (docs/forms.md)."""

    community_figures: Path | None = None
    providers: Path | None = None
    satisfaction: Path | None = None
    demand_list: Path | None = None
    inventory: Path | None = None
    inventory_official: Flag = False
    """Whether only items of the official list count."""


class ThresholdsSection(_Section):
    """`[thresholds]`: the promise, in minutes on foot."""

    urban_min: Number = Field(default=15.0, gt=0, le=120)
    rural_min: Number = Field(default=30.0, gt=0, le=120)


class DensitySection(_Section):
    """`[density]`: when OSM is too thin to be called complete (docs/statuses.md)."""

    floor_per_km: Number = Field(default=0.1, ge=0)
    median_share: Number = Field(default=0.25, ge=0, le=1)


class SitingSection(_Section):
    """`[siting]`: which kinds to site, how many sites, on which candidates."""

    kinds: Kinds = Field(min_length=1)
    p: Whole = Field(default=5, ge=1, le=1000)
    spacing_m: Number = Field(default=150.0, ge=10, le=5000)
    """Distance between candidates along street frontage."""
    gap: Number = Field(default=0.005, ge=0, le=1)
    """Relative distance from the best possible plan at which the search may stop."""
    node_limit: Whole = Field(default=1000, ge=0)
    """Branch-and-bound nodes at most."""


class MapSection(_Section):
    """`[map]`: how the public map is published (docs/map.md)."""

    min_residents: Number = Field(default=0.0, ge=0)
    """Residences and areas of less weight (in the study's unit) are shown merged with others, never singly."""
    tianditu_key: str | None = Field(default=None, pattern=r"^[0-9A-Za-z]{8,64}$")
    """The publisher's own browser key of 天地图: with it, and only then, the map asks that service for tiles."""


class StudyConfig(_Section):
    """A study's settings as one frozen value; `path` is the file that they came from."""

    path: Path
    id: PlainId
    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    setting: Literal["urban", "rural"] = "urban"
    """Urban or rural threshold, for residences in areas that don't say."""
    within: Box | None = None
    """Only residences in this box are studied; the whole extent of the data otherwise."""
    map_review_number: str | None = None
    """审图号 of the map, where one was granted."""
    at: datetime | None = None
    """A moment: only what is open then counts, and unknown hours make a site possible."""
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Asia/Shanghai"
    """Of the places; China's holidays are those of Asia/Shanghai."""
    survey: Path | None = None
    """A survey list (survey.xlsx) that was filled in."""
    osm: OsmSection
    registers: tuple[RegisterSection, ...] = ()
    residences: ResidencesSection = ResidencesSection()
    areas: AreasSection = AreasSection()
    walk: WalkSection = WalkSection()
    merging: MergingSection = MergingSection()
    forms: FormsSection = FormsSection()
    thresholds: ThresholdsSection = ThresholdsSection()
    density: DensitySection = DensitySection()
    siting: SitingSection | None = None
    map: MapSection = MapSection()
    policies: Annotated[tuple[PolicyId, ...], AfterValidator(_no_twice)] = ()

    @model_validator(mode="after")
    def _registers_differ(self) -> StudyConfig:
        _no_twice(tuple(str(register.name) for register in self.registers))
        return self

    def file(self, path: Path) -> Path:
        """A path of this config as seen from the working folder."""
        return path if path.is_absolute() else self.path.parent / path

    def source(self, section: ReadingSection) -> Path | str:
        """Where a register is read from: its file as seen from the working folder, or its database."""
        return self.file(section.file) if section.file is not None else str(section.database)

    def settings(self) -> dict[str, Any]:
        """Every setting as resolved, JSON-ready, without the config's own path."""
        return self.model_dump(mode="json", exclude={"path"})


def load_config(path: Path | str) -> StudyConfig:
    """Read a study's config.

    Raises
    ------
    ConfigError
        with the file, every wrong key, and what would be right.
    """
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such config; write one with `circle15 init DIR`") from None
    except IsADirectoryError:
        raise ConfigError(f"{file}: is a folder; name the .toml file in it") from None
    except PermissionError:
        raise ConfigError(f"{file}: can't be read; check its permissions") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: isn't UTF-8 text; save it as UTF-8 TOML") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: isn't valid TOML: {error}; mend that line") from None
    if "path" in content:
        raise ConfigError(f"{file}: key 'path' is unknown; remove it")
    try:
        return StudyConfig.model_validate({**content, "path": file})
    except ValidationError as error:
        problems = "; ".join(_sentence(problem) for problem in error.errors(include_url=False))
        raise ConfigError(f"{file}: {problems}") from None


def _sentence(problem: Any) -> str:
    """One pydantic problem as key, what is wrong, and the mend."""
    key = ".".join(str(part) for part in problem["loc"]) or "config"
    if problem["type"] == "extra_forbidden":
        known = ", ".join(_known_keys(problem["loc"][:-1]))
        return f"key '{key}' is unknown; use one of {known}"
    if problem["type"] == "missing":
        return f"key '{key}' is missing; add it"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"key '{key}': {message}"
    return f"key '{key}': {message[0].lower()}{message[1:]}, not {problem['input']!r}"


def _known_keys(section: tuple[Any, ...]) -> list[str]:
    model: Any = StudyConfig
    for name in (part for part in section if part in model.model_fields):
        annotation = model.model_fields[name].annotation
        kinds = [kind for kind in (annotation, *getattr(annotation, "__args__", ())) if hasattr(kind, "model_fields")]
        model = kinds[0] if kinds else model  # a name that the user gave, such as a profile's
    return [name for name in model.model_fields if name != "path"]
