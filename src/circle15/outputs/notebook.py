"""What a notebook shows of a study: its figures as a small table, its map, and any frame on a map of its own."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from circle15.display import small_table
from circle15.outputs.palette import STATUS_STYLES, WEIGHTS, percent
from circle15.schema import STATUSES
from circle15.units import s_to_minutes

if TYPE_CHECKING:
    from circle15.schema import StudyFrames

__all__ = ["EmbeddedPage", "study_table"]


@dataclass(frozen=True)
class EmbeddedPage:
    """A whole page that shows itself in a notebook cell."""

    html: str
    height_px: int = 600

    def __repr__(self) -> str:
        return f"EmbeddedPage({len(self.html):,} characters; shown by a notebook, or write .html into a file)"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" style="width:100%;height:{self.height_px}px;border:0" '
            'title="circle15"></iframe>'
        )


def study_table(frames: StudyFrames) -> str:
    """A finished study in a few lines of HTML: what it is of, how many, the five shares, and what it proposes.

    The shares are of the weight of all residences, over all kinds: each kind counts the same. Names are escaped.
    """
    about = frames.about
    weight = WEIGHTS[about["weight_meaning"]]
    minutes = " / ".join(f"{s_to_minutes(about[f'threshold_{setting}_s']):g}" for setting in ("urban", "rural"))
    rows: list[tuple[str, object]] = [
        ("数据日期 data of", about.get("data_date") or "–"),
        ("居住点 residences", f"{len(frames.residences):,}，{weight.zh} {frames.residences['weight'].sum():,.0f}"),
        ("设施点 sites", len(frames.sites)),
        ("时限（城/乡） minutes, urban / rural", minutes),
        ("27 类合计 all 27 kinds", _shares(frames)),
        ("缺口片区 gap areas", len(frames.gap_areas)),
        ("说明 notes", len(about.get("warnings") or [])),
    ]
    if frames.plan_summary:
        rows.append(("方案 plan", frames.plan_summary["explanation"]))
    return small_table(f"{about.get('title_zh') or about['study_id']} · {about.get('title_en') or ''}", rows)


def _shares(frames: StudyFrames) -> Markup:
    """The five shares, each in its status' colour with its letter."""
    of_study = frames.areas.loc[frames.areas["level"] == "study", list(STATUSES)]
    cell = Markup(
        '<span style="display:inline-block;background:{colour};color:{ink};padding:1px 6px">{letter} {zh} {en} {share}'
        "</span>"
    )
    styles = [STATUS_STYLES[status] for status in STATUSES]
    return Markup(" ").join(
        cell.format(
            colour=style.colour, ink=style.ink, letter=style.letter, zh=style.zh, en=style.en,
            share=percent(float(of_study[style.status].mean())),
        )
        for style in styles
    )  # fmt: skip
