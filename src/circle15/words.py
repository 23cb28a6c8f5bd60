"""What people read, in Chinese and in English: a pair that stays together from where it is said to where it is shown.

A note is two f-strings side by side. Its figures are written alike in both, and what is quoted from the data (names,
ids, files, keys of the config) stands as it is in both.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from circle15.errors import head

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Words", "named", "words_in"]


@dataclass(frozen=True)
class Words:
    """One thing said in Chinese and in English.

    >>> Words("3处设施点", "3 sites").zh
    '3处设施点'
    """

    zh: str
    en: str

    def to_dict(self) -> dict[str, str]:
        """The pair as JSON holds it.

        >>> Words("缺口", "gap").to_dict()
        {'zh': '缺口', 'en': 'gap'}
        """
        return asdict(self)


def words_in(value: object) -> Words:
    """A pair as `Words.to_dict` wrote it; a text in one language, such as a name, is the same in both.

    >>> words_in({"zh": "缺口", "en": "gap"})
    Words(zh='缺口', en='gap')
    >>> words_in("r.csv")
    Words(zh='r.csv', en='r.csv')
    """
    if isinstance(value, dict):
        return Words(str(value["zh"]), str(value["en"]))
    return Words(str(value), str(value))


def named(items: Iterable[object], *, most: int = 5) -> Words:
    """Name the first few items and count the rest, for a note.

    >>> named(["w1", "w2"])
    Words(zh='w1、w2', en='w1, w2')
    >>> named(range(8)).zh
    '0、1、2、3、4，另有3个'
    """
    listed = [str(item) for item in items]
    zh = "、".join(listed[:most])
    return Words(zh if len(listed) <= most else f"{zh}，另有{len(listed) - most}个", head(listed, most=most))
