"""`circle15 fetch`: asked of a stand-in server whose answers are cut from the embedded city."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import osmium
import pytest
from typer.testing import CliRunner

from circle15 import demo
from circle15.cli import app
from circle15.errors import ConfigError, DataError
from circle15.network import WalkNetwork
from circle15.sources.osm import osm_sites, read_osm
from circle15.sources.overpass import fetch_osm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOX = (-21.945, 64.140, -21.925, 64.148)
WIDE = (-21.97, 64.12, -21.84, 64.16)
DATE = "2019-05-12T20:21:02Z"


class StandIn(ThreadingHTTPServer):
    """An Overpass and place server with a queue of troubles to answer with first."""

    def __init__(self, xml: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.xml, self.asked = xml, []
        self.troubles: list[tuple[int, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        words = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append((self.path, words))
        status, headers, content = 200, {}, self.server.xml
        if self.server.troubles:
            status, headers, content = self.server.troubles.pop(0)
        elif self.path == "/search":
            found = [{"boundingbox": [str(BOX[1]), str(BOX[3]), str(BOX[0]), str(BOX[2])]}]
            content = json.dumps(found if words["q"] == ["Miðborg"] else []).encode()
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def xml(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What Overpass would send of the embedded city: its whole extract, whatever the tile."""
    source = demo.config_path().parent / "reykjavik-centre.osm.pbf"
    target = tmp_path_factory.mktemp("overpass") / "city.osm"
    with osmium.SimpleWriter(target) as writer:
        for thing in osmium.FileProcessor(source):
            writer.add(thing)
    head = b'<meta osm_base="' + DATE.encode() + b'"/>\n'
    return re.sub(rb"(<osm[^>]*>\n)", rb"\1" + head, target.read_bytes(), count=1)


@pytest.fixture
def server(xml: bytes) -> Iterator[StandIn]:
    with StandIn(xml) as standing:
        thread = threading.Thread(target=standing.serve_forever, daemon=True)
        thread.start()
        yield standing
        standing.shutdown()
        thread.join()


def fetch(server: StandIn, folder: Path, **how: object) -> object:
    how = {"box": BOX, "pauses_s": (0.0, 0.0), **how}
    return fetch_osm(
        folder / "city.osm.pbf",
        cache=folder / "cache",
        overpass_url=server.url,
        places_url=f"{server.url}/search",
        **how,
    )


def test_what_arrives_is_what_the_extract_holds(server: StandIn, tmp_path: Path) -> None:
    # WIDE is 0.13 x 0.04 degrees: two tiles, whose answers overlap whole.
    told = fetch(server, tmp_path, box=WIDE)
    assert (told.n_tiles, told.n_cached, told.data_date) == (2, 0, "2019-05-12")
    ours = read_osm(told.path)
    theirs = read_osm(demo.config_path().parent / "reykjavik-centre.osm.pbf", extent=WIDE)
    assert ours.extent.bounds == pytest.approx(WIDE, abs=1e-7)
    assert ours.data_date == "2019-05-12"
    assert list(osm_sites(ours)[0]["site_id"]) == list(osm_sites(theirs)[0]["site_id"])
    assert WalkNetwork.from_osm(ours).edge_length_m.sum() == WalkNetwork.from_osm(theirs).edge_length_m.sum()


def test_the_query_names_the_tile_and_every_key_that_is_read(server: StandIn, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    query = server.asked[0][1]["data"][0]
    assert "[bbox:64.1400000,-21.9450000,64.1480000,-21.9250000]" in query
    for key in ("highway", "building", "barrier", "entrance", "shop", "amenity", "healthcare", "natural", "waterway"):
        assert f'nwr["{key}"];' in query


def test_a_second_time_asks_nobody(server: StandIn, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    assert fetch(server, tmp_path).n_cached == 1
    assert len(server.asked) == 1


def test_a_place_has_a_box(server: StandIn, tmp_path: Path) -> None:
    told = fetch(server, tmp_path, box=None, place="Miðborg")
    assert told.box == pytest.approx(BOX)
    with pytest.raises(DataError, match="knows no place 'Atlantis'"):
        fetch(server, tmp_path, box=None, place="Atlantis")


def test_a_busy_server_is_asked_again_and_says_so(server: StandIn, tmp_path: Path) -> None:
    server.troubles = [(429, {"Retry-After": "0"}, b""), (504, {}, b"")]
    heard: list[str] = []
    fetch(server, tmp_path, on_step=heard.append)
    assert sum("busy, asking again" in step for step in heard) == 2
    assert len(server.asked) == 3


def test_no_internet_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(DataError, match="can't be reached; check the internet connection"):
        fetch_osm(tmp_path / "city.osm.pbf", box=BOX, cache=tmp_path / "cache", overpass_url=nobody)
    assert time.monotonic() - started < 5
    assert not (tmp_path / "city.osm.pbf").exists()


BUSY = (503, {}, b"")


@pytest.mark.parametrize(
    ("troubles", "says"),
    [
        ([BUSY] * 3, "stayed busy for 3 tries; try later"),
        ([(400, {}, b"parse error")], "refused (400 Bad Request); ask for a smaller box"),
        ([(200, {}, b"<html>captive portal</html>")], "answered something else than OpenStreetMap data"),
        (
            [(200, {}, b'<osm version="0.6"><remark> runtime error: Query timed out </remark></osm>')],
            "gave up (runtime",
        ),
        ([(200, {}, b'<osm version="0.6"><node id="1" lat="6')], "ends in the middle"),
        ([(200, {}, b'<osm version="0.6"></osm>')], "has no street or building in this box"),
    ],
)
def test_a_useless_answer_is_one_sentence_and_leaves_no_file(
    server: StandIn, tmp_path: Path, troubles: list, says: str
) -> None:
    former = tmp_path / "city.osm.pbf"
    former.write_bytes(b"former")
    server.troubles = list(troubles)
    with pytest.raises(DataError, match=re.escape(says)):
        fetch(server, tmp_path)
    assert former.read_bytes() == b"former"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "city.osm.pbf"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"box": (1.0, 2.0, 0.0, 3.0)}, "is no box"),
        ({"box": (116.0, 35.0, 118.0, 37.0)}, "too large for Overpass"),
        ({"box": None}, "give a place or a box"),
        ({"place": "somewhere"}, "and not both"),
    ],
)
def test_a_useless_question_is_refused_before_it_is_asked(
    server: StandIn, tmp_path: Path, how: dict, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        fetch(server, tmp_path, **how)
    assert not server.asked


def test_the_command(server: StandIn, tmp_path: Path) -> None:
    out = tmp_path / "city.osm.pbf"
    asked = ["fetch", "--bbox", ",".join(map(str, BOX)), "--out", str(out), "--cache", str(tmp_path / "cache")]
    done = CliRunner().invoke(app, [*asked, "--server", server.url, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["out"] == str(out)
    assert told["data_date"] == "2019-05-12"
    assert out.is_file()


def test_a_box_of_three_numbers_is_refused(tmp_path: Path) -> None:
    words = ["fetch", "--bbox", "1,2,3", "--out", str(tmp_path / "city.osm.pbf"), "--cache", str(tmp_path / "cache")]
    failed = CliRunner().invoke(app, words)
    assert isinstance(failed.exception, ConfigError)
    assert "give four numbers, west,south,east,north" in str(failed.exception)
