"""A district's report: one page that a district office can read, print and file; Chinese first, then English.

`report_model` computes what the report says, `render_report` lays it out as one HTML file that needs no network, no
script and no font of its own. Other forms (a PDF, a workbook) are to be made from the same model.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from circle15.outputs import palette
from circle15.outputs.report import verdict, wording
from circle15.outputs.report.gather import build, scope_of
from circle15.outputs.report.groups import groups_beside_all
from circle15.outputs.report.model import ReportModel
from circle15.outputs.report.sketch import draw
from circle15.schema import STATUSES, StudyFrames

__all__ = ["ReportModel", "render_report", "report_model"]


_MET = {
    "yes": palette.Words(zh="达标", en="met"),
    "no": palette.Words(zh="未达标", en="not met"),
    "undetermined": palette.Words(zh="不能判定", en="undetermined"),
}
_JUDGED = {"all": "●", "some": "◐", "none": "○"}
_HINTS = {"high": "较全", "medium": "一般", "low": "较少", "none": "几乎没有"}


def report_model(frames: StudyFrames, district_id: str | None) -> ReportModel:
    """Compute what the report of one district says.

    Parameters
    ----------
    frames : a finished study.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    Plain frozen values; shares are of the weight of the scope's residences.

    Raises
    ------
    InputError
        when no residence lies in the district.
    """
    return build(frames, scope_of(frames, district_id), district_id)


def render_report(frames: StudyFrames, district_id: str | None) -> str:
    """Write the report of one district as a self-contained HTML page.

    Parameters
    ----------
    frames : a finished study.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    The text of an HTML file (UTF-8) without any request, script or foreign font; printable on A4. The same frames
    give the same text.

    Raises
    ------
    InputError
        when no residence lies in the district.
    """
    scope = scope_of(frames, district_id)
    model = build(frames, scope, district_id)
    sketch = draw(frames, scope, model)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            model=model,
            groups=groups_beside_all(frames, model, district_id),
            sketch=sketch,
            headline=verdict.headline(model),
            lead=verdict.lead(model),
            alerts=verdict.alerts(model),
            findings=verdict.findings(model),
            proof=verdict.proof(model),
            density=verdict.density(model),
            checks=verdict.checks(model),
            method=verdict.method(model),
            met_words=_MET,
            judged=_JUDGED,
            hints=_HINTS,
            licence=_web_address(frames.about.get("licence_url")),
            css=Markup(_text("report.css")),  # noqa: S704 - our own file
            statuses=STATUSES,
            styles=palette.STATUS_STYLES,
            tile=palette.PATTERN_TILE,
            stroke=palette.PATTERN_STROKE,
        )
    )


def _web_address(value: object) -> str | None:
    """An address that a page may link to; anything else (a script, a file) is left out."""
    address = palette.plain_name(value)
    return address if address is not None and address.startswith(("https://", "http://")) else None


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"names": verdict.names_of, "percent": palette.percent}
    for name in ("number", "number_zh", "decimals", "minutes", "whole_minutes", "amount", "listing", "figure", "span"):
        environment.filters[name] = getattr(wording, name)
    return environment
