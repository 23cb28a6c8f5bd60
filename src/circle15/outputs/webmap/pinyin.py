"""How the Chinese characters of the map's names are read, so that people find them by pinyin and its initials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["readings"]

_HAN = re.compile(r"[\u3007\u4e00-\u9fff]+")


def readings(names: Iterable[str | None]) -> dict[str, list[str]]:
    """Collect the readings that the characters of some names have there, without tones.

    Parameters
    ----------
    names : iterable of str or None
        Names as they are shown; what isn't Chinese in them is passed over.

    Returns
    -------
    dict
        Character to its readings, both sorted; several where names differ (银行, 步行街), ü as v. What a
        character reads in its word is pypinyin's answer.

    Examples
    --------
    >>> readings(["银行", "步行街 2", None])
    {'步': ['bu'], '行': ['hang', 'xing'], '街': ['jie'], '银': ['yin']}
    """
    runs = {run for name in names if name for run in _HAN.findall(name)}
    if not runs:
        return {}
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its dictionaries take a while to load

    found: dict[str, set[str]] = {}
    for run in runs:
        for character, reading in zip(run, lazy_pinyin(list(run) if len(run) == 1 else run), strict=False):
            if reading.isascii():
                found.setdefault(character, set()).add(reading)
    return {character: sorted(found[character]) for character in sorted(found)}
