"""From a feature's tags and names to the kinds it may hold, each with its evidence and the rule that said so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from circle15.checklist.catalogue import EXTENSION_GROUP, Kind, extension_kinds, kind, kinds, read_toml
from circle15.errors import InputError

if TYPE_CHECKING:
    from opencc import OpenCC

# with the radicals and bracketed forms that NFKC turns into ideographs
_CJK = re.compile("[\u2e80-\u2fdf\u3200-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_BRACKETED_TAIL = re.compile(r"\s*\([^()]*\)\s*$")
_TERM = re.compile(r"(?P<key>[^=!~]+)(?P<test>!=|=|~)(?P<value>.+)")
_NOTHING = re.compile(r"(?!)")


class Match(NamedTuple):
    """What a feature says about one kind: evidence is "confirmed", "possible" or "implied"."""

    kind: str
    evidence: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Term:
    """One condition on one key; the key "name" stands for all of a feature's own names."""

    key: str
    test: str
    values: tuple[str, ...]
    pattern: re.Pattern[str]

    def holds(self, tags: Mapping[str, str], names: tuple[str, ...]) -> bool:
        if self.test == "~":
            own = (plain(tags[self.key]),) if self.key in tags else ()
            texts = names if self.key == "name" else own
            return any(self.pattern.search(text) for text in texts)
        found = any(part in self.values for part in _parts(tags.get(self.key, "")))
        return found == (self.test == "=")


@dataclass(frozen=True, slots=True)
class _Selector:
    """Terms that must all hold; `text` is what a rule shows of them."""

    text: str
    terms: tuple[_Term, ...]

    def holds(self, tags: Mapping[str, str], names: tuple[str, ...]) -> bool:
        return all(term.holds(tags, names) for term in self.terms)


@dataclass(frozen=True, slots=True)
class _Rules:
    """One kind's rules, compiled."""

    confirmed: tuple[_Selector, ...]
    named: tuple[_Selector, ...]
    possible: tuple[_Selector, ...]
    lowered_by: tuple[_Selector, ...]
    excluded_by: tuple[_Selector, ...]
    name: re.Pattern[str]
    name_not: re.Pattern[str]
    implied_by: tuple[str, ...]
    part_of: str


@dataclass(frozen=True, slots=True)
class _Book:
    """The rules of all kinds in order, and an index of the tags that make a kind worth a look."""

    rules: dict[str, _Rules]
    by_tag: dict[str, dict[str, tuple[str, ...]]]
    any_name: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Common:
    """What holds for every kind: the [site] and [names] tables of kinds.toml, and the names that kinds claim."""

    no_site: tuple[_Selector, ...]
    name_keys: tuple[str, ...]
    name_fields: tuple[str, ...]
    no_name_rule: tuple[_Selector, ...]
    never: re.Pattern[str]
    claims: tuple[tuple[str, re.Pattern[str]], ...]


def match(tags: Mapping[str, str], *, register: bool = False, extension: bool = False) -> tuple[Match, ...]:
    """The kinds that a feature may hold, in checklist order, at most one match for each: the strongest.

    Parameters
    ----------
    tags : OSM tags; of a register's row, at least its `name`.
    register : the name comes from a register of such places, so a fitting name confirms the kind by itself.
    extension : answer for the extension kinds instead of the 27.

    Returns
    -------
    Matches whose rule is the selector or the part of the name that spoke. A place that residents may not enter
    (access=private and the like) holds nothing. kinds.toml tells how selectors and names work.

    >>> match({"amenity": "school", "name": "洸河中學"})
    (Match(kind='school', evidence='confirmed', rule='amenity=school'),)
    >>> match({"building": "yes", "name": "明泰社区居委会"})
    (Match(kind='community_committee_office', evidence='possible', rule='name~居委'),)
    >>> match({"amenity": "school", "name": "顺达驾校"})
    ()
    """
    common, book = _common(), _book(extension)
    by_tag = {
        kind_id
        for key in book.by_tag.keys() & tags.keys()
        for part in _parts(tags[key])
        for kind_id in book.by_tag[key].get(part, ())
    }
    own = [tags[field] for field in common.name_fields if field in tags]
    if not by_tag and not (
        (register or any(key in tags for key in common.name_keys)) and any(_CJK.search(text) for text in own)
    ):
        return ()
    names = tuple(plain(text) for text in own)
    by_name: dict[str, str] = {}
    for name in names:
        for kind_id, part in _kinds_named(name, extension):
            by_name.setdefault(kind_id, part)
    if not (by_tag or by_name) or any(selector.holds(tags, names) for selector in common.no_site):
        return ()
    name_alone = register or (
        any(key in tags for key in common.name_keys)
        and not any(selector.holds(tags, names) for selector in common.no_name_rule)
    )
    found: dict[str, Match] = {}
    for kind_id in by_tag | by_name.keys():
        rules = book.rules[kind_id]
        if any(selector.holds(tags, names) for selector in rules.excluded_by):
            continue
        if kind_id not in by_name and any(rules.name_not.search(name) for name in names):
            continue
        spoken = next(_spoken(rules, tags, names, by_name.get(kind_id), register=register, name_alone=name_alone), None)
        if spoken is None:
            continue
        evidence, rule = spoken
        lowered = next((s.text for s in rules.lowered_by if s.holds(tags, names)), None)
        if evidence == "confirmed" and lowered is not None:
            evidence, rule = "possible", f"{rule}, lowered by {lowered}"
        found[kind_id] = Match(kind_id, evidence, rule)
    if any(book.rules[kind_id].part_of for kind_id in found):
        core = {one.kind: one for one in match(tags, register=register)}
        found = dict(_no_surer_than_its_kind(book, found, core))
    confirmed = {kind_id for kind_id, best in found.items() if best.evidence == "confirmed"}
    for kind_id, rules in book.rules.items():
        host = next((other for other in rules.implied_by if other in confirmed), None)
        if host is not None and kind_id not in found:
            found[kind_id] = Match(kind_id, "implied", f"implied by {host}")
    return tuple(found[kind_id] for kind_id in book.rules if kind_id in found)


def _no_surer_than_its_kind(
    book: _Book, found: dict[str, Match], core: dict[str, Match]
) -> Iterator[tuple[str, Match]]:
    """What was found, without sorts of a kind that isn't there; `core` is what the 27 are."""
    for kind_id, one in found.items():
        whole = book.rules[kind_id].part_of
        held = found.get(whole) or core.get(whole)
        if not whole:
            yield kind_id, one
        elif held is not None and held.evidence != "implied":
            lower = held.evidence == "possible" and one.evidence == "confirmed"
            yield kind_id, Match(kind_id, "possible", held.rule) if lower else one


def name_tells(kind_id: str, name: str) -> bool | None:
    """Whether a name is of a kind (True), of something else (False), or doesn't say (None).

    >>> name_tells("primary_school", "实验小学"), name_tells("primary_school", "第五中学")
    (True, False)
    >>> name_tells("primary_school", "实验学校") is None
    True
    """
    rules = _book(kind(kind_id).group == EXTENSION_GROUP).rules[kind_id]
    text = plain(name)
    return False if rules.name_not.search(text) else True if rules.name.search(text) else None


def osm_keys() -> tuple[str, ...]:
    """The OSM keys, sorted, of which a feature needs at least one for `match` to find anything.

    >>> "amenity" in osm_keys(), "name" in osm_keys()
    (True, False)
    """
    keys = set(_common().name_keys).union(_book(False).by_tag, _book(True).by_tag)
    return tuple(sorted(keys))


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """A text in NFKC and simplified characters, as names are compared.

    >>> plain("農貿市場（Ａ）")
    '农贸市场(A)'
    """
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    if not _CJK.search(folded):
        return folded
    # a lone surrogate can't be handed to opencc
    return str(_opencc().convert(folded.encode("utf-8", "replace").decode("utf-8")))


def _spoken(
    rules: _Rules,
    tags: Mapping[str, str],
    names: tuple[str, ...],
    named: str | None,
    *,
    register: bool,
    name_alone: bool,
) -> Iterator[tuple[str, str]]:
    """Evidence and rule of one kind, strongest first."""
    for selector in rules.confirmed:
        if selector.holds(tags, names):
            yield "confirmed", selector.text
    brand = named or _part_named(rules, plain(tags.get("brand", "")))
    if brand is not None:
        for selector in rules.named:
            if selector.holds(tags, names):
                yield "confirmed", f"{selector.text} + {'name' if named else 'brand'}~{brand}"
    if named is not None and register:
        yield "confirmed", f"name~{named}"
    for selector in rules.possible:
        if selector.holds(tags, names):
            yield "possible", selector.text
    operator = _part_named(rules, plain(tags.get("operator", "")))
    if operator is not None:
        for selector in rules.named:
            if selector.holds(tags, names):
                yield "possible", f"{selector.text} + operator~{operator}"
    if named is not None and name_alone:
        yield "possible", f"name~{named}"


@lru_cache(maxsize=100_000)
def _kinds_named(name: str, extension: bool) -> tuple[tuple[str, str], ...]:
    """Kinds that a name belongs to, each with the part of the name that said so."""
    common, book = _common(), _book(extension)
    if not book.any_name.search(name) or common.never.search(name):
        return ()
    head = _BRACKETED_TAIL.sub("", name)
    owners = [kind_id for kind_id, claim in common.claims if claim.search(head)]
    parts = {
        kind_id: _part_named(book.rules[kind_id], name) for kind_id in owners or book.rules if kind_id in book.rules
    }
    return tuple((kind_id, part) for kind_id, part in parts.items() if part is not None)


def _part_named(rules: _Rules, name: str) -> str | None:
    hit = rules.name.search(name)
    return None if hit is None or rules.name_not.search(name) else hit.group()


def _parts(value: str) -> list[str]:
    """The values of a tag: OSM joins several with semicolons."""
    return [part.strip() for part in value.split(";")] if ";" in value else [value]


@cache
def _opencc() -> OpenCC:
    from opencc import OpenCC  # noqa: PLC0415 - only names in Chinese characters need its dictionaries

    return OpenCC("t2s")


@cache
def _common() -> _Common:
    core = read_toml("kinds.toml")
    return _Common(
        no_site=_selectors(core["site"]["excluded_by"]),
        name_keys=tuple(core["names"]["keys"]),
        name_fields=tuple(core["names"]["fields"]),
        no_name_rule=_selectors(core["names"]["excluded_by"]),
        never=re.compile(core["names"]["never"]),
        claims=tuple((k.id, re.compile(k.claims)) for k in (*kinds(), *extension_kinds()) if k.claims),
    )


@cache
def _book(extension: bool) -> _Book:
    rows = extension_kinds() if extension else kinds()
    by_tag: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in rows:
        for selector in _selectors(row.confirmed + row.named + row.possible):
            first = selector.terms[0]
            for value in first.values:
                held = by_tag.setdefault(first.key, {})
                held[value] = (*held.get(value, ()), row.id)
    return _Book(
        rules={row.id: _rules(row) for row in rows},
        by_tag=by_tag,
        any_name=re.compile("|".join(f"(?:{row.name})" for row in rows if row.name)),
    )


def _rules(row: Kind) -> _Rules:
    return _Rules(
        confirmed=_concrete(row.confirmed),
        named=_concrete(row.named),
        possible=_concrete(row.possible),
        lowered_by=_selectors(row.lowered_by),
        excluded_by=_selectors(row.excluded_by),
        name=_pattern(row.name),
        name_not=_pattern(row.name_not),
        implied_by=row.implied_by,
        part_of=row.part_of,
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE) if text else _NOTHING


def _selectors(texts: tuple[str, ...] | list[str]) -> tuple[_Selector, ...]:
    return tuple(_Selector(text, tuple(_term(part) for part in text.split(" + "))) for text in texts)


def _term(text: str) -> _Term:
    found = _TERM.fullmatch(text)
    if found is None:
        raise InputError(f"kinds.toml: {text!r} is no term of a selector; use key=value, key!=value or key~text.")
    key, test, value = found.group("key", "test", "value")
    if test == "~":
        return _Term(key, test, (), _pattern(value))
    return _Term(key, test, tuple(value.split("|")), _NOTHING)


def _concrete(texts: tuple[str, ...]) -> tuple[_Selector, ...]:
    """Selectors with one value for each key=a|b, so that the rule shows the value that was found."""
    out = []
    for selector in _selectors(texts):
        choices = [
            [_Term(term.key, "=", (value,), _NOTHING) for value in term.values] if term.test == "=" else [term]
            for term in selector.terms
        ]
        for terms in product(*choices):
            text = " + ".join(f"{term.key}={term.values[0]}" for term in terms if term.test == "=")
            out.append(_Selector(text, terms))
    return tuple(out)
