"""What a report calls areas, kinds and whatever else the data names; all of it still to be escaped."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.checklist import EXTENSION_KINDS, KINDS, kind
from circle15.display import plain_name
from circle15.outputs.report.model import AreaName
from circle15.outputs.report.wording import name_or
from circle15.schema import NO_AREA, StudyFrames
from circle15.words import Words


class AreaNames(dict[tuple[str, str], AreaName]):
    """Names of areas by level and id; an area without a name goes by its id."""

    def __missing__(self, key: tuple[str, str]) -> AreaName:
        level, area_id = key
        if area_id == NO_AREA:
            zh, en = ("社区", "community") if level == "community" else ("街道（区）", "district")
            return AreaName(area_id=area_id, words=Words(zh=f"不属任何{zh}", en=f"in no {en}"))
        name = name_or(area_id, area_id)
        return AreaName(area_id=area_id, words=Words(zh=name, en=name))


def area_names(frames: StudyFrames) -> AreaNames:
    """The names that the study's areas go by."""
    names = AreaNames()
    shapes = frames.area_shapes
    for level, area_id, name in zip(shapes["level"], shapes["area_id"], shapes["name"], strict=True):
        text = name_or(name, area_id)
        names[level, area_id] = AreaName(area_id=area_id, words=Words(zh=text, en=text))
    return names


def kind_words(kind_id: str) -> Words:
    """A kind's names, also of an id that the checklist doesn't know."""
    if kind_id not in KINDS and kind_id not in EXTENSION_KINDS:
        return Words(zh=name_or(kind_id, "?"), en=name_or(kind_id, "?"))
    one = kind(kind_id)
    return Words(zh=one.zh, en=one.en)


def text_of(value: Any) -> str:
    """Text or a number from the data: empty where missing."""
    return "" if pd.isna(value) else plain_name(str(value)) or ""
