"""The public map: a study as one HTML file that opens from disk and never asks the network for anything."""

from __future__ import annotations

import base64
import json
import zlib
from functools import cache
from importlib import resources
from typing import Final

import jinja2

from circle15.display import plain_name
from circle15.outputs import leaflet, palette
from circle15.outputs.webmap.encode import payload
from circle15.outputs.webmap.privacy import shown_residences
from circle15.outputs.webmap.walk import encode_walk
from circle15.schema import StudyFrames

_SCRIPTS: Final = (
    *("data.js", "snapping.js", "walk.js", "trial.js", "words.js", "search.js", "notes.js", "tiles.js"),
    *("overlays.js", "sidebar.js", "details.js", "proposal.js", "main.js"),
)
"""In this order; each adds its part to the one global object `circle15`."""

TIANDITU: Final = "https://t0.tianditu.gov.cn"
"""The one host that the page may ask for images, and only with its publisher's key."""


def render_map(frames: StudyFrames) -> str:
    """Write a study as a self-contained web page.

    Parameters
    ----------
    frames : StudyFrames
        Everything the study found.

    Returns
    -------
    str
        One HTML document: the page's own scripts, Leaflet with its licence, and the data (JSON, deflated, base64) with
        the walk network (see `encode_walk`).
        It makes no request; its content security policy forbids any, and forbids any script but its own. Only with
        `about["tianditu_key"]` it asks one host for the images of its base map, and says so. The same frames give
        the same text.
    """
    # zlib's format rather than gzip's: the same compression without a clock or the name of an operating system.
    walk, walk_numbers = encode_walk(frames, shown_residences(frames)["residence_id"])
    text = json.dumps({**payload(frames), "walk": walk}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    data = base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
    words = json.loads(_own("words.json"))
    script = "\n".join(_own(name) for name in _SCRIPTS)
    leaflet_script = leaflet.script()
    about = frames.about
    title_zh = plain_name(about.get("title_zh")) or plain_name(about.get("title_en"))
    title_zh = title_zh or str(about["study_id"])
    return _template().render(
        words=words,
        words_json=leaflet.script_safe(json.dumps(words, ensure_ascii=False, separators=(",", ":"))),
        title={"zh": title_zh, "en": plain_name(about.get("title_en")) or title_zh},
        data_date=about.get("data_date"),
        attribution=about["attribution"],
        licence_url=palette.web_address(about.get("licence_url")),
        map_review_number=about.get("map_review_number"),
        image_hosts=[TIANDITU] if about.get("tianditu_key") else [],
        version=about["version"],
        data=data,
        walk=walk_numbers,
        style=leaflet.style() + _own("style.css"),
        leaflet=leaflet_script,
        leaflet_version=leaflet.version(),
        leaflet_licence=leaflet.licence(),
        script=script,
        script_hashes=[leaflet.csp_hash(leaflet_script), leaflet.csp_hash(script)],
    )


@cache
def _own(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_own("page.html"))
