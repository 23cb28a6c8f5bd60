"""What a register's cell says about kinds: ids, titles, common words, and the types of Amap (高德) places."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from circle15.checklist.catalogue import EXTENSION_KINDS, KINDS, extension_kinds, kinds, parts_of, read_toml
from circle15.checklist.matcher import Match, match, name_tells, plain

__all__ = ["Told", "kind_spellings", "kinds_told", "names_fitting"]

_CODE = re.compile(r"\d{6}")
_PIECES = re.compile(r"[、;,|/\n]")
_AMAP_LIKE = re.compile(r"[0-9]{6}|;")


class Told(NamedTuple):
    """The kinds that a cell names, each once, and the words that name none."""

    matches: tuple[Match, ...]
    unknown: tuple[str, ...]


def kinds_told(text: str, *, name: str = "") -> Told:
    """What one cell of a column 类别/kind says.

    Parameters
    ----------
    text : kinds' ids or titles, or common words for them, separated by any of 、 ; , | / or line breaks; or Amap types:
        codes of six digits, or texts such as 医疗保健服务;医药保健销售店;药房, several joined by |.
    name : the row's own name, which decides what an Amap type that covers many kinds is, and which sort of a kind that
        has sorts (`parts_of`): any it may be, where the name is silent.

    Returns
    -------
    Evidence is "confirmed" for the kind's own names, "possible" for words and types that cover more than the kind or
    for a substitute (kind_names.toml says which is which), and for a word that fits the kind's pattern of names. Of
    two pieces that name the same kind the stronger counts. Nothing is implied.

    >>> kinds_told("菜市场、公厕").matches[0]
    Match(kind='farmers_market', evidence='confirmed', rule='菜市场')
    >>> [(m.kind, m.evidence) for m in kinds_told("购物服务;综合市场;果品市场").matches]
    [('farmers_market', 'possible')]
    >>> [m.kind for m in kinds_told("130106", name="光河社区居委会").matches]
    ['community_committee_office']
    >>> kinds_told("药店、糖").unknown
    ('糖',)
    >>> [(m.kind, m.evidence) for m in kinds_told("school", name="光河小学").matches]
    [('school', 'confirmed'), ('primary_school', 'confirmed')]
    """
    text = plain(text).strip()
    told = _told(text, plain(name) if _AMAP_LIKE.search(text) else "")  # only types that cover many kinds need the name
    return told._replace(matches=_with_sorts(told.matches, name))


@cache
def kind_spellings() -> dict[str, tuple[Match, ...]]:
    """Every word that names a kind, as `kinds_told` compares words, and what it says."""
    spelled: dict[str, tuple[Match, ...]] = {}
    book = read_toml("kind_names.toml")["names"]
    for row in (*kinds(), *extension_kinds()):
        words = book.get(row.id, {})
        said = {_key(word): Match(row.id, "possible", word) for word in words.get("near", ())}
        said |= {
            _key(word): Match(row.id, "confirmed", word) for word in (row.id, row.zh, row.en, *words.get("is", ()))
        }
        for key, one in said.items():
            spelled[key] = (*spelled.get(key, ()), one)
    return spelled


@lru_cache(maxsize=50_000)
def _told(text: str, name: str) -> Told:
    said: list[Match] = []
    unknown: list[str] = []
    for whole in (part.strip() for part in text.split("|")):
        if _CODE.fullmatch(whole) or _is_amap_text(whole):
            found = _amap(whole, name)
            said += found
            unknown += [] if found else [whole]
            continue
        if _key(whole) in kind_spellings():
            said += kind_spellings()[_key(whole)]
            continue
        for piece in (part.strip() for part in _PIECES.split(whole)):
            if not piece:
                continue
            found = _amap(piece, name) if _CODE.fullmatch(piece) else _word(piece)
            said += found
            unknown += [] if found else [piece]
    best: dict[str, Match] = {}
    for one in sorted(said, key=lambda m: m.evidence != "confirmed"):
        best.setdefault(one.kind, one)
    return Told(
        tuple(best[kind_id] for kind_id in (*KINDS, *EXTENSION_KINDS) if kind_id in best), tuple(dict.fromkeys(unknown))
    )


def _with_sorts(matches: tuple[Match, ...], name: str) -> tuple[Match, ...]:
    """With the kinds that are sorts of those told, and the kinds that those told are sorts of."""
    said = {one.kind: one for one in matches}
    for whole in dict.fromkeys(one.part_of for one in extension_kinds() if one.part_of):
        told = [said[part] for part in parts_of(whole) if part in said]
        if told and whole not in said:
            said[whole] = min(told, key=lambda one: one.evidence != "confirmed")._replace(kind=whole)
        elif whole in said and not told:
            of_name = {part: name_tells(part, name) for part in parts_of(whole)}
            for part in (part for part, fits in of_name.items() if fits is not False):
                evidence = said[whole].evidence if of_name[part] else "possible"
                said[part] = said[whole]._replace(kind=part, evidence=evidence)
    if len(said) == len(matches):
        return tuple(said[one.kind] for one in matches)
    return tuple(said[kind_id] for kind_id in (*KINDS, *EXTENSION_KINDS) if kind_id in said)


def _word(word: str) -> tuple[Match, ...]:
    known = kind_spellings().get(_key(word))
    if known is not None:
        return known
    return names_fitting(word)


def names_fitting(name: str) -> tuple[Match, ...]:
    """The kinds whose pattern of names a name fits: possible, since nothing else says so.

    >>> names_fitting("洸河街道敬老亭社区卫生服务站")[0]
    Match(kind='health_room', evidence='possible', rule='name~社区卫生')
    """
    return tuple(
        Match(one.kind, "possible", one.rule)
        for extension in (False, True)
        for one in match({"name": name}, register=True, extension=extension)
        if one.evidence != "implied"
    )


def _key(word: str) -> str:
    return re.sub(r"\s", "", plain(word)).casefold()


class _Amap(NamedTuple):
    """Amap's types: code -> what it says, text -> code."""

    said: dict[str, list[tuple[str, str]]]
    codes: dict[str, str]
    classes: frozenset[str]


@cache
def _amap_book() -> _Amap:
    book = read_toml("kind_names.toml")
    said: dict[str, list[tuple[str, str]]] = {}
    codes: dict[str, str] = {}
    for entry in book["amap"]["none"]:
        code, text = entry.split(" ", 1)
        said[code] = []
        codes[_key(text)] = code
    for kind_id in (*KINDS, *EXTENSION_KINDS):
        for strength in ("amap", "amap_near", "amap_name"):
            for entry in book["names"].get(kind_id, {}).get(strength, ()):
                code, text = entry.split(" ", 1)
                said.setdefault(code, []).append((kind_id, strength))
                codes[_key(text)] = code
    return _Amap(said, codes, frozenset(_key(one) for one in book["amap"]["classes"]))


def _is_amap_text(text: str) -> bool:
    first, *rest = text.split(";")
    return bool(rest) and _key(first) in _amap_book().classes


def _amap(text: str, name: str) -> tuple[Match, ...]:
    """What one Amap type says: its own entry, else that of the class above it."""
    book = _amap_book()
    if _CODE.fullmatch(text):
        trail = [text, f"{text[:4]}00", f"{text[:2]}0000"]
    else:
        trail = [book.codes.get(_key(part), "") for part in reversed(text.split(";"))]
    code = next((code for code in trail if code in book.said), None)
    if code is None:
        return ()
    fitting = {one.kind for one in names_fitting(name)} if name else set()
    rule = f"amap {text}"
    return tuple(
        Match(kind_id, "possible" if strength == "amap_near" else "confirmed", rule)
        for kind_id, strength in book.said[code]
        if strength != "amap_name" or kind_id in fitting
    )
