"""What `circle15 check` shows: one page of data quality, as text and as HTML, both of the same tables."""

from __future__ import annotations

import io
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from circle15 import checklist
from circle15.display import plain_name
from circle15.errors import ConfigError
from circle15.sources.merging import WHY_MERGED
from circle15.words import Words, named, words_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["check_html", "check_page_path", "check_text", "write_check_page"]

TEXT_COLUMNS = 100
_MOST_ALIKE = 30
_MOST_ROWS = 40  # row numbers of a register's leftovers
_MOST_FITS = 4


class _Column(NamedTuple):
    """The head of a table's column; numbers stand at the right, and what is `whole` stays on one line."""

    head: Words
    numeric: bool = False
    whole: bool = False


class _Table(NamedTuple):
    columns: tuple[_Column, ...]
    rows: tuple[tuple[Words, ...], ...]


class _Section(NamedTuple):
    """A part of the page: notes explain the tables, lines are what is told."""

    title: Words
    lines: tuple[Words, ...] = ()
    tables: tuple[_Table, ...] = ()
    notes: tuple[Words, ...] = ()


_WHAT = {"sites": Words("设施", "sites"), "residences": Words("居住点", "residences")}
_VERDICTS = {
    "fits": Words("相符", "fits"),
    "other": Words("不符", "another system"),
    "mixed": Words("混用", "mixed"),
    "unclear": Words("不能判定", "unclear"),
}
_LAYER = {
    "not_declared": Words("未声明齐全", "not declared"),
    "thin_community": Words("密度过低", "too thin"),
    "no_feature_anywhere": Words("全域未见", "none anywhere"),
}
_CONFLICTS = {
    "complete_register": Words("登记表齐全而其中没有", "not in a complete register"),
    "surveyed_absent": Words("实地调查为无", "surveyed as absent"),
    "confirmed_site": Words("更可信的来源已确认", "confirmed by a source before it"),
}
_LEFT = {"kind": Words("类别不识别", "kind not recognised"), "coordinates": Words("无坐标", "without coordinates")}


def check_text(found: dict[str, Any]) -> str:
    """The findings of `quality.data_quality` as a page of text, 100 columns wide at most."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - as all of rich: only this front needs it
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    out = io.StringIO()
    console = Console(file=out, width=TEXT_COLUMNS, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(Text(_clean(found["title"])))
    for section in _sections(found):
        console.print(Text(f"\n{section.title.en}\n{'=' * cell_len(section.title.en)}"))
        for line in section.lines:
            console.print(Text(f"- {line.en}"))
        for table in section.tables:
            drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
            for column in table.columns:
                drawn.add_column(
                    Text(column.head.en), justify="right" if column.numeric else "left", overflow="fold",
                    no_wrap=column.numeric or column.whole,
                )  # fmt: skip
            for row in table.rows:
                drawn.add_row(*(Text(cell.en) for cell in row))
            console.print(drawn)
        for note in section.notes:
            console.print(Text(f"  {note.en}"))
    console.print(Text(f"\n{_clean(found['attribution'])} | data of {found['data_date'] or 'unknown date'}"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).rstrip()


def check_html(found: dict[str, Any]) -> str:
    """The findings of `quality.data_quality` as one HTML page without any request or script; names are escaped."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only where a page is asked for

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = resources.files(__package__).joinpath("check_page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        title=_clean(found["title"]),
        data_date=found["data_date"],
        attribution=_clean(found["attribution"]),
        licence_url=found["licence_url"],
        errors=[_said(error) for error in found["errors"]],
        sections=[section for section in _sections(found) if section.title != _ERRORS],
    )


def write_check_page(found: dict[str, Any], path: Path) -> None:
    """Write `check_html` into a file, whole or not at all.

    Raises
    ------
    ConfigError
        when the name doesn't end in .html, or the file can't be written.
    """
    check_page_path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(check_html(found), encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"--out {path}: can't be written ({error.strerror}); choose another place") from None


def check_page_path(path: Path) -> None:
    """Refuse a place where no page can be written, before the work begins.

    Raises
    ------
    ConfigError
        when the name doesn't end in .html, is a folder's, or lies in a folder that doesn't exist.
    """
    if path.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(f"--out {path}: the page is HTML; give a name that ends in .html")
    if path.is_dir():
        raise ConfigError(f"--out {path}: is a folder; give the page a name in it")
    if not path.parent.is_dir():
        raise ConfigError(f"--out {path}: the folder {path.parent} doesn't exist; make it first")


_ERRORS = Words("必须更正", "Errors")


def _sections(found: dict[str, Any]) -> list[_Section]:
    """The page's parts, in order; those with nothing to say are left out, but for duplicates."""
    registers = found["registers"]
    told = [sentence for one in registers for sentence in (*one["notes"], one["coordinates"]["sentence"])]
    notes = tuple(_said(warning) for warning in found["warnings"] if warning not in told)
    parts = [
        _Section(_ERRORS, tuple(map(_said, found["errors"]))) if found["errors"] else None,
        _Section(Words("数据概况", "Overview"), tuple(map(_said, found["overview"]))),
        _registers(registers) if registers else None,
        *(_register(register) for register in registers),
        _kinds(found["kinds"]),
        _communities(found["communities"]),
        _duplicates(found["duplicates"]),
        _conflicts(found["conflicts"]) if found["conflicts"] else None,
        _missed(found["missed"], found["missed_assumes"]) if found["missed"] else None,
        _survey(found["survey"]) if found["survey"] else None,
        _Section(Words("提示", "Notes"), notes) if notes else None,
    ]
    return [part for part in parts if part is not None]


def _registers(registers: Sequence[dict[str, Any]]) -> _Section:
    table = _Table(
        (
            _text("登记表", "register"), _text("内容", "holds"), _number("行", "rows"), _number("可用", "used"),
            _number("调查为无", "absent"), _number("类别不识别", "no kind"), _number("无坐标", "unlocated"),
            _text("声明的坐标系", "declared"), _text("与地图", "on the map"),
        ),
        tuple(
            (
                _same(one["file"]), _WHAT[one["what"]], _count(one["rows"]), _count(one["used"]),
                _count(one["absent"]), _count(_left(one, "kind")), _count(_left(one, "coordinates")),
                _same(one["coordinates"]["declared"]), _VERDICTS[one["coordinates"]["verdict"]],
            )
            for one in registers
        ),
    )  # fmt: skip
    return _Section(Words("登记表", "Registers"), tables=(table,))


def _left(register: dict[str, Any], why: str) -> int:
    return sum(int(left["n"]) for left in register["leftovers"] if left["why"] == why)


def _register(one: dict[str, Any]) -> _Section:
    columns = ", ".join(f"{column} <- {header}" for column, header in one["columns"].items())
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in one["kinds"].items())
    kinds_zh = "、".join(f"{checklist.kind(kind).zh} {n:,}" for kind, n in one["kinds"].items())
    lines = [
        _coordinates(one["coordinates"]),
        *([Words(f"各栏：{columns}", f"columns: {columns}")] if columns else []),
        *([Words(f"类别：{kinds_zh}", f"kinds: {kinds}")] if kinds else []),
        *map(_leftover, one["leftovers"]),
        *map(words_in, one["notes"]),
    ]
    # the declared reading, then those that could be
    fits = one["coordinates"]["fits"]
    shown = [fits[0], *(fit for fit in fits[1:] if fit["share_inside"] > 0)][:_MOST_FITS]
    table = _Table(
        (
            _text("读作", "read as"), _number("在范围内", "inside"), _number("距街道（米）", "street m"),
            _number("在建筑物旁", "at buildings"), _number("领先", "lead"), _number("同名点", "twins"),
            _number("同名点距离（米）", "twin m"),
        ),
        tuple(
            (
                Words(_clean(fit["system"] + ("（经纬度对调）" if fit["swapped"] else "")),
                       _clean(fit["system"] + (", swapped" if fit["swapped"] else ""))),
                _percent(fit["share_inside"]), _decimals(fit["street_m"], 0), _percent(fit["building_share"]),
                _decimals(fit["lead"], 1), _count(fit["n_twins"]), _decimals(fit["twin_m"], 0),
            )
            for fit in shown
        ),
    )  # fmt: skip
    note = Words(
        "在范围内：占全部有坐标的行；在建筑物旁：在建筑物内或10米内；领先：比移动80至200米后更靠近建筑物的程度，以标准误计，4以上为明确；"
        "同名点：名称在登记表和地图中各出现一次、且相距100米内的点。",
        "inside: of the rows with coordinates, in the study's extent; at buildings: in one or within 10 m; lead: how "
        "much more they keep to buildings than 80 to 200 m beside, in standard errors (4 is clear); twins: names that "
        "stand once in the register and once on the map, within 100 m.",
    )
    title = Words(f"登记表 {_clean(one['file'])}", f"Register {_clean(one['file'])}")
    return _Section(title, tuple(map(_plain, lines)), (table,), (note,))


def _coordinates(found: dict[str, Any]) -> Words:
    sentence = words_in(found["sentence"])
    if not found["checked"]:
        return sentence
    return Words(f"{sentence.zh}；配置称已核对", f"{sentence.en}; the config says they were checked")


def _leftover(left: dict[str, Any]) -> Words:
    what, rows = _LEFT[left["why"]], named(left["rows"], most=_MOST_ROWS)
    return Words(f"{what.zh}：{left['n']:,}行（行号 {rows.zh}）", f"{what.en}: {left['n']:,}, rows {rows.en}")


def _kinds(kinds: Sequence[dict[str, Any]]) -> _Section:
    table = _Table(
        (
            _Column(Words("类别", "kind"), whole=True), _number("已确认", "confirmed"), _number("可能", "possible"),
            _number("推定", "implied"), _text("按来源", "by source"), _text("图层", "layer"),
        ),
        tuple(
            (
                _kind(row["kind"]), _count(row["confirmed"]), _count(row["possible"]), _count(row["implied"]),
                _same("; ".join(f"{source} {n:,}" for source, n in row["sources"].items()) or "–"), _layer_words(row),
            )
            for row in kinds
        ),
    )  # fmt: skip
    note = Words(
        "每格为设施点数；合并后的设施点计入它的每个来源。图层不齐全的类别，没有找到不等于没有：算作“缺数据”。",
        "Sites; a merged one counts in each of its sources. Of a kind whose layer isn't complete, not found doesn't "
        "mean not there: it stays unknown.",
    )
    return _Section(Words("各类别与来源", "Kinds and sources"), tables=(table,), notes=(note,))


def _layer_words(row: dict[str, Any]) -> Words:
    if row["complete_share"] is None:
        return Words("27类之外", "not of the 27")
    why = [_LAYER[reason] for reason in row["why"]]
    reasons = Words("、".join(words.zh for words in why), ", ".join(words.en for words in why))
    if row["complete_share"] == 0:
        return reasons
    if row["complete_share"] == 1:
        return Words("各社区均齐全", "complete everywhere")
    share = f"{row['complete_share']:.0%}"
    told = f"complete in {share} of communities (else {reasons.en})"
    return Words(f"{share}的社区齐全（其余{reasons.zh}）", told)


def _communities(communities: Sequence[dict[str, Any]]) -> _Section:
    table = _Table(
        (
            _text("社区", "community"), _number("街道（公里）", "street km"), _number("孤岛（公里）", "islands km"),
            _number("设施/公里", "sites/km"), _number("要求", "asked"), _text("密度", "density"),
            _number("居住点", "homes"), _number("临街占比", "at street"), _number("未连通占比", "off"),
            _number("离街远", "far"),
        ),
        tuple(
            (
                _community(row), _decimals(row["street_km"], 1), _decimals(row["island_km"], 1),
                _decimals(row["density_per_km"], 2), _decimals(row["needed_per_km"], 2),
                Words("过低", "thin") if row["thin"] else Words("足够", "enough"), _count(row["n_residences"]),
                _percent(row["share_at_street"]), _percent(row["share_off_network"]), _count(row["n_far"]),
            )
            for row in communities
        ),
    )  # fmt: skip
    median = _decimals(communities[0]["median_per_km"], 2).en if communities else "–"
    note = Words(
        f"设施/公里：地图上须实地核查才能得知的设施点与公共街道之比；各社区中位数 {median}。"
        "孤岛：与路网不相连、不用来连接居住点的街道。临街占比：离可走的街道直线30米以内的居住点所占权重；未连通占比：超出max_snap_m的居住点所占权重；离街远：超过max_snap_m一半的居住点数。",
        f"sites/km: ground-surveyed sites of the map per km of public street; the median over communities is {median}. "
        "islands: street that nobody is snapped to. at street: share of the weight within 30 m, in a straight line, of "
        "a street that its people may use; off: share of the weight beyond max_snap_m; far: homes beyond half of it.",
    )
    return _Section(Words("各社区", "Communities"), tables=(table,), notes=(note,))


def _community(row: dict[str, Any]) -> Words:
    if row["community_id"] == "none":
        return Words("不在任何社区", "none")
    return _same(" ".join(part for part in (row["community_id"], row["name"]) if part))


def _duplicates(found: dict[str, Any]) -> _Section:
    merged = _Table(
        (_text("原因", "why"), _text("保留", "kept"), _text("并入", "went into it"), _number("行", "rows")),
        tuple(
            (WHY_MERGED[row["why"]], _same(row["kept_source"]), _same(row["dropped_source"]), _count(row["n"]))
            for row in found["merged"]
        ),
    )
    alike = _Table(
        (
            _text("类别", "kind"), _text("一", "one"), _text("二", "other"), _number("相距（米）", "m apart"),
            _number("相似度", "likeness"),
        ),
        tuple(
            (
                _kind(*row["kinds"].split(", ")), _same(f"{row['one_id']} {row['one_name']}"),
                _same(f"{row['other_id']} {row['other_name']}"), _decimals(row["distance_m"], 0),
                _decimals(row["likeness"], 2),
            )
            for row in found["alike"][:_MOST_ALIKE]
        ),
    )  # fmt: skip
    n, shown = len(found["alike"]), len(alike.rows)
    notes = []
    if n:
        more = Words(
            f"，列出最相似的{shown}对" if n > shown else "", f", the most alike {shown} shown" if n > shown else ""
        )
        notes.append(
            Words(
                f"可能重复而未合并：{n:,}对（同类、相距近、名称相似度0.6以上{more.zh}），请核对。",
                f"likely duplicates that were not merged: {n:,} pairs (same kind, close, names at least 0.6 alike"
                f"{more.en}); look at them.",
            )
        )
    lines = () if merged.rows or n else (Words("没有发现重复", "none found"),)
    tables = tuple(table for table in (merged, alike) if table.rows)
    return _Section(Words("重复", "Duplicates"), lines, tables, tuple(notes))


def _conflicts(conflicts: Sequence[dict[str, Any]]) -> _Section:
    table = _Table(
        (
            _text("类别", "kind"),
            _text("为何不计", "why it decides nothing"),
            _text("依据", "by"),
            _number("行", "rows"),
        ),
        tuple((_kind(row["kind"]), _CONFLICTS[row["why"]], _same(row["by"]), _count(row["n"])) for row in conflicts),
    )
    return _Section(Words("来源冲突", "Conflicts"), tables=(table,))


def _missed(missed: Sequence[dict[str, Any]], assumes: dict[str, str]) -> _Section:
    table = _Table(
        (
            _text("来源", "sources"), _Column(Words("类别", "kind"), whole=True), _number("甲", "first"),
            _number("乙", "second"), _number("共有", "both"), _number("估计总数", "in all"),
            _number("95%区间", "95 % interval"), _number("都漏掉", "missed"), _text("可靠", "firm"),
        ),
        tuple(
            (
                _same(f"{row['first']} + {row['second']}"), _kind(row["kind"]), _count(row["n_first"]),
                _count(row["n_second"]), _count(row["n_both"]), _decimals(row["estimate"], 1),
                _same(f"{row['low']:,.0f} - {row['high']:,.0f}"), _decimals(row["missed"], 1),
                Words("是", "yes") if row["firm"] else Words("否", "no"),
            )
            for row in missed
        ),
    )  # fmt: skip
    return _Section(Words("两个来源都可能漏掉的", "Missed by both"), tables=(table,), notes=(_said(assumes),))


def _survey(survey: dict[str, Any]) -> _Section:
    file, answered, asked = survey["file"], f"{survey['answered']:,}", f"{survey['asked']:,}"
    line = Words(f"{file}：{asked}个问题已回答{answered}个", f"{file}: {answered} of {asked} questions are answered")
    return _Section(Words("实地调查", "Survey"), (_plain(line),))


def _text(zh: str, en: str) -> _Column:
    return _Column(Words(zh, en))


def _number(zh: str, en: str) -> _Column:
    return _Column(Words(zh, en), numeric=True)


def _kind(*kinds: str) -> Words:
    return Words("、".join(checklist.kind(kind).zh for kind in kinds), ", ".join(kinds))


def _clean(text: Any) -> str:
    """A text from the data on one line, without what a terminal would obey."""
    return plain_name(str(text)) or "–"


def _plain(words: Words) -> Words:
    return Words(_clean(words.zh), _clean(words.en))


def _said(value: dict[str, str]) -> Words:
    """A sentence of the findings, each language on one line."""
    return _plain(words_in(value))


def _same(text: str) -> Words:
    return Words(_clean(text), _clean(text))


def _count(n: int) -> Words:
    return _same(f"{n:,}")


def _decimals(value: float | None, places: int) -> Words:
    return _same("–" if value is None else f"{value:,.{places}f}")


def _percent(value: float | None) -> Words:
    return _same("–" if value is None else f"{value:.0%}")
