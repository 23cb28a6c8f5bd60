// The local plane in metres, streets in it, and hanging a point on the nearest street that it may use, never across a
// wall, a river or a railway: the rules of circle15/network/snapping.py for sites that are points.
(function (c15) {
  "use strict";

  const SAME_PLACE_M = 0.1;
  const OWN_WALL_M = 2;
  const BESIDE_M = 30;
  const OFF_EDGE_M = 0.5;
  const HANGS = 1;
  const APART = 2;
  const SHUT = 4;
  const FENCED = 2;
  const FOR_VISITORS = 4;

  // Transverse Mercator on WGS84 about a place, east and north of it in metres: J. P. Snyder, Map Projections, 1987,
  // eq. 8-9 and 8-10 with one term more, and Helmert's series (1880) for the meridian.
  c15.transverseMercator = function (lon0, lat0) {
    const a = 6378137;
    const f = 1 / 298.257223563;
    const n = f / (2 - f);
    const e2 = f * (2 - f);
    const second = e2 / (1 - e2);
    const radians = Math.PI / 180;
    const meridian = (lat) =>
      (a / (1 + n)) * ((1 + n ** 2 / 4 + n ** 4 / 64) * lat - 1.5 * (n - n ** 3 / 8) * Math.sin(2 * lat) +
        (15 / 16) * (n ** 2 - n ** 4 / 4) * Math.sin(4 * lat) - (35 / 48) * n ** 3 * Math.sin(6 * lat) +
        (315 / 512) * n ** 4 * Math.sin(8 * lat));
    const north0 = meridian(lat0 * radians);
    return function (lon, lat) {
      const phi = lat * radians;
      const [sine, cosine] = [Math.sin(phi), Math.cos(phi)];
      const t = (sine / cosine) ** 2;
      const c = second * cosine ** 2;
      const across = (lon - lon0) * radians * cosine;
      const s = across ** 2;
      const normal = a / Math.sqrt(1 - e2 * sine ** 2);
      const x = normal * across * (1 + (s / 6) * (1 - t + c + (s / 20) * (5 + t * (t - 18) + c * (14 - 58 * t) +
        (s / 42) * (61 + t * (t * (179 - t) - 479)))));
      const y = meridian(phi) - north0 + normal * (sine / cosine) * (s / 2) * (1 + (s / 12) * (5 - t + c * (9 + 4 * c) +
        (s / 30) * (61 + t * (t - 58) + c * (270 - 330 * t) + (s / 56) * (1385 + t * (t * (543 - t) - 3111)))));
      return [x, y];
    };
  };

  // The point of the line from (ax, ay) to (bx, by) that is nearest to (x, y): its part of the way, and how far off.
  // Beyond the ends the distance is exactly that to the end, so that streets that meet there are equally near.
  function nearestOn(ax, ay, bx, by, x, y) {
    const [dx, dy] = [bx - ax, by - ay];
    const length2 = dx * dx + dy * dy;
    const part = length2 === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / length2;
    if (part <= 0) return [0, Math.sqrt((x - ax) ** 2 + (y - ay) ** 2)];
    if (part >= 1) return [1, Math.sqrt((x - bx) ** 2 + (y - by) ** 2)];
    return [part, Math.abs(((ay - y) * dx - (ax - x) * dy) / length2) * Math.sqrt(length2)];
  }

  // On which side of the line from a to b is c?
  function side(ax, ay, bx, by, cx, cy) {
    return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
  }

  function cross(ax, ay, bx, by, cx, cy, dx, dy) {
    if (Math.max(ax, bx) < Math.min(cx, dx) || Math.max(cx, dx) < Math.min(ax, bx)) return false;
    if (Math.max(ay, by) < Math.min(cy, dy) || Math.max(cy, dy) < Math.min(ay, by)) return false;
    return side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) <= 0 &&
      side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) <= 0;
  }

  // Lines of degrees in the plane, with the box of each shape.
  function inPlane(project, { from, start, lon, lat }) {
    const x = new Float64Array(lon.length);
    const y = new Float64Array(lon.length);
    for (let j = 0; j < lon.length; j++) [x[j], y[j]] = project(lon[j], lat[j]);
    const n = from.length - 1;
    const box = new Float64Array(4 * n);
    for (let i = 0; i < n; i++) {
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let j = start[from[i]]; j < start[from[i + 1]]; j++) {
        west = Math.min(west, x[j]);
        east = Math.max(east, x[j]);
        south = Math.min(south, y[j]);
        north = Math.max(north, y[j]);
      }
      box.set([west, south, east, north], 4 * i);
    }
    return { n, from, start, x, y, box };
  }

  // Calls `found(ax, ay, bx, by)` for each straight piece of shape i until one says true; whether one did.
  function somePiece({ from, start, x, y }, i, found) {
    for (let k = from[i]; k < from[i + 1]; k++) {
      for (let j = start[k] + 1; j < start[k + 1]; j++) if (found(x[j - 1], y[j - 1], x[j], y[j])) return true;
    }
    return false;
  }

  function isNearBox({ box }, i, west, south, east, north) {
    return box[4 * i] <= east && box[4 * i + 2] >= west && box[4 * i + 1] <= north && box[4 * i + 3] >= south;
  }

  // How far shape i is from a point.
  function distanceTo(shapes, i, x, y) {
    let least = Infinity;
    somePiece(shapes, i, (ax, ay, bx, by) => {
      least = Math.min(least, nearestOn(ax, ay, bx, by, x, y)[1]);
      return false;
    });
    return least;
  }

  function areaAndInside(shapes, i, x, y) {
    let inside = false;
    let twice = 0;
    for (let k = shapes.from[i]; k < shapes.from[i + 1]; k++) {
      let ring = 0;
      for (let j = shapes.start[k] + 1; j < shapes.start[k + 1]; j++) {
        const [ax, ay, bx, by] = [shapes.x[j - 1], shapes.y[j - 1], shapes.x[j], shapes.y[j]];
        ring += ax * by - bx * ay;
        if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
      }
      twice += ring;
    }
    return { inside, area: Math.abs(twice) / 2 };
  }

  // What a page's walk network looks like in its plane: `snap(lon, lat)`, and `stretch(e, from, to)`, the points
  // [lat, lon] of edge e from one fraction to another.
  c15.makePlane = function (code) {
    const project = c15.transverseMercator(code.plane[0], code.plane[1]);
    const { edges, u, v, fromU, fromV, zone, home, flags, zoneFlags, maxSnapM, closed, speed } = code;
    let drawn = null;
    let around = null;
    let grounds = null;

    // The streets in the plane, and how far along its edge each of their points is; made when first asked for.
    function streets() {
      if (drawn === null) {
        drawn = inPlane(project, edges);
        drawn.along = new Float64Array(drawn.x.length);
        for (let e = 0; e < drawn.n; e++) {
          for (let j = edges.start[e] + 1; j < edges.start[e + 1]; j++) {
            drawn.along[j] = drawn.along[j - 1] + Math.hypot(drawn.x[j] - drawn.x[j - 1], drawn.y[j] - drawn.y[j - 1]);
          }
        }
      }
      return drawn;
    }

    function surroundings() {
      if (around === null) {
        around = {
          barriers: inPlane(project, code.barriers), compounds: inPlane(project, code.compounds),
          gates: inPlane(project, code.openGates),
        };
      }
      return around;
    }

    function lastOf(e) {
      return edges.start[e + 1] - 1;
    }

    function stretch(e, from, to) {
      const { along } = streets();
      const [first, last] = [edges.start[e], lastOf(e)];
      const at = (fraction) => {
        const way = fraction * along[last];
        let j = first + 1;
        while (j < last && along[j] < way) j++;
        const piece = along[j] - along[j - 1];
        const part = piece > 0 ? (way - along[j - 1]) / piece : 0;
        return [edges.lat[j - 1] + part * (edges.lat[j] - edges.lat[j - 1]), edges.lon[j - 1] + part * (edges.lon[j] - edges.lon[j - 1])];
      };
      const [low, high] = [Math.min(from, to), Math.max(from, to)];
      const line = [at(low)];
      for (let j = first + 1; j < last; j++) {
        if (along[j] > low * along[last] && along[j] < high * along[last]) line.push([edges.lat[j], edges.lon[j]]);
      }
      line.push(at(high));
      return from > to ? line.reverse() : line;
    }

    // The nearest point of edge e: how far, where, and at which fraction.
    function touch(e, x, y) {
      const shape = streets();
      const last = lastOf(e);
      let best = { far: Infinity };
      for (let j = edges.start[e] + 1; j <= last; j++) {
        const [part, far] = nearestOn(shape.x[j - 1], shape.y[j - 1], shape.x[j], shape.y[j], x, y);
        if (far < best.far) best = { far, j, part };
      }
      const { far, j, part } = best;
      const way = shape.along[j - 1] + part * (shape.along[j] - shape.along[j - 1]);
      return {
        e, far, fraction: shape.along[last] > 0 ? Math.min(1, way / shape.along[last]) : 0,
        x: shape.x[j - 1] + part * (shape.x[j] - shape.x[j - 1]), y: shape.y[j - 1] + part * (shape.y[j] - shape.y[j - 1]),
      };
    }

    // The edges that places may hang on within some metres of a point.
    function near(x, y, withinM) {
      const shape = streets();
      const found = [];
      for (let e = 0; e < shape.n; e++) {
        if (!(flags[e] & HANGS) || !isNearBox(shape, e, x - withinM, y - withinM, x + withinM, y + withinM)) continue;
        const touched = touch(e, x, y);
        if (touched.far <= withinM) found.push(touched);
      }
      return found.sort((a, b) => a.far - b.far || a.e - b.e);
    }

    function isOpen(e) {
      return fromU[e] < Infinity || fromV[e] < Infinity;
    }

    // The zone of the smallest compound around a point, half a metre off its edge at least; 0 where there is none.
    function compoundAround(x, y) {
      const { compounds } = surroundings();
      let [zoneOf, least] = [0, Infinity];
      for (let i = 0; i < compounds.n; i++) {
        if (!isNearBox(compounds, i, x, y, x, y)) continue;
        const { inside, area } = areaAndInside(compounds, i, x, y);
        if (inside && area <= least && distanceTo(compounds, i, x, y) > OFF_EDGE_M) [zoneOf, least] = [i + 1, area];
      }
      return zoneOf;
    }

    // Does a barrier lie across the leg from a point to another, its first and last metres aside? `leaves`: it ends on a
    // street outside the point's own closed compound, whose edge it then must not even touch.
    function isBarred(x, y, toX, toY, compound, { startM = SAME_PLACE_M, endM = SAME_PLACE_M, leaves = false } = {}) {
      const { barriers, compounds } = surroundings();
      const length = Math.hypot(toX - x, toY - y);
      const box = [Math.min(x, toX), Math.min(y, toY), Math.max(x, toX), Math.max(y, toY)];
      const touches = (shapes, i, sides, found) => isNearBox(shapes, i, ...sides) && somePiece(shapes, i, found);
      if (startM < length - endM) {
        const at = (metres) => [x + (metres / length) * (toX - x), y + (metres / length) * (toY - y)];
        const [[ax, ay], [bx, by]] = [at(startM), at(length - endM)];
        const crosses = (cx, cy, dx, dy) => cross(ax, ay, bx, by, cx, cy, dx, dy);
        for (const shapes of closed ? [barriers, compounds] : [barriers]) {
          for (let i = 0; i < shapes.n; i++) if (touches(shapes, i, box, crosses)) return true;
        }
      }
      if (!closed || !leaves) return false;
      const wider = [box[0] - SAME_PLACE_M, box[1] - SAME_PLACE_M, box[2] + SAME_PLACE_M, box[3] + SAME_PLACE_M];
      return touches(compounds, compound - 1, wider, (cx, cy, dx, dy) =>
        cross(x, y, toX, toY, cx, cy, dx, dy) ||
        Math.min(
          nearestOn(cx, cy, dx, dy, x, y)[1], nearestOn(cx, cy, dx, dy, toX, toY)[1],
          nearestOn(x, y, toX, toY, cx, cy)[1], nearestOn(x, y, toX, toY, dx, dy)[1],
        ) <= SAME_PLACE_M);
    }

    // The first of some touched edges, nearest first, that the place may use and that no barrier parts from it.
    function free(x, y, touched, compound, { isPublic, startM = SAME_PLACE_M }) {
      return touched.find(({ e, x: toX, y: toY }) => {
        const mine = home[e] === 0 || (!isPublic && (flags[e] & APART || home[e] === compound));
        if (!mine || !isOpen(e)) return false;
        const leaves = compound > 0 && home[e] !== compound;
        return !isBarred(x, y, toX, toY, compound, { startM, leaves });
      });
    }

    // Where barriers keep a place in: through the gate off the streets that makes the shortest leg.
    function throughGates(x, y, compound, isPublic) {
      const { gates } = surroundings();
      let best;
      for (let i = 0; i < gates.n; i++) {
        const [gateX, gateY] = [gates.box[4 * i], gates.box[4 * i + 1]];
        const inner = Math.hypot(gateX - x, gateY - y);
        if (inner > maxSnapM || isBarred(x, y, gateX, gateY, compound, { endM: OWN_WALL_M })) continue;
        const beyond = free(gateX, gateY, near(gateX, gateY, maxSnapM), 0, { isPublic, startM: OWN_WALL_M });
        if (beyond && inner + beyond.far <= maxSnapM && !(best && best.far <= inner + beyond.far)) {
          best = { ...beyond, far: inner + beyond.far };
        }
      }
      return best;
    }

    function hung(x, y, compound, isPublic) {
      const touched = near(x, y, maxSnapM);
      if (!touched.length) return undefined;
      const ties = touched.filter(({ far }) => far === touched[0].far);
      const limitM = ties.every(({ e }) => isOpen(e)) ? maxSnapM : touched[0].far + BESIDE_M;
      const found = free(x, y, touched.filter(({ far }) => far <= limitM), compound, { isPublic });
      return found || (closed && compound > 0 ? undefined : throughGates(x, y, compound, isPublic));
    }

    // For an entry on the grounds of sites: further entries at the gates of those grounds, which visitors may pass; the
    // leg is the walk over the grounds.
    function throughGrounds({ e, fraction, far }) {
      const isOn = (edge) => (zoneFlags[home[edge] - 1] & FOR_VISITORS) > 0;
      if (home[e] === 0 || !isOn(e)) return [];
      if (grounds === null) {
        grounds = { back: new Map(), gateAt: new Map() };
        const put = (map, key, value) => map.set(key, [...(map.get(key) || []), value]);
        for (let edge = 0; edge < u.length; edge++) {
          if (home[edge] === 0 || !isOn(edge)) continue;
          if (zone[edge] > 0 && !(flags[edge] & SHUT)) put(grounds.gateAt, v[edge], edge);
          if (zone[edge] > 0) continue;
          put(grounds.back, v[edge], [u[edge], fromU[edge]]);
          put(grounds.back, u[edge], [v[edge], fromV[edge]]);
        }
      }
      const leg = far / speed;
      const open = new Map([[u[e], leg + (fraction === 0 ? 0 : fraction * fromU[e])]]);
      const toV = leg + (fraction === 1 ? 0 : (1 - fraction) * fromV[e]);
      open.set(v[e], Math.min(open.get(v[e]) ?? Infinity, toV));
      const settled = new Set();
      const found = [];
      for (;;) {
        let [vertex, least] = [-1, Infinity];
        for (const [x, seconds] of open) if (seconds < least) [vertex, least] = [x, seconds];
        if (vertex < 0) return found;
        open.delete(vertex);
        settled.add(vertex);
        for (const gate of grounds.gateAt.get(vertex) || []) found.push({ e: gate, fraction: 0, far: least * speed });
        for (const [x, seconds] of grounds.back.get(vertex) || []) {
          if (!settled.has(x)) open.set(x, Math.min(open.get(x) ?? Infinity, least + seconds));
        }
      }
    }

    // How a site that is a point hangs on the network: entries {e, fraction, far}, none where it is off the network.
    function snap(lon, lat) {
      const [x, y] = project(lon, lat);
      const compound = compoundAround(x, y);
      const first = hung(x, y, compound, false);
      if (!first) return [];
      const found = [first];
      if (home[first.e] > 0 && !(zoneFlags[home[first.e] - 1] & FENCED)) {
        const open = hung(x, y, compound, true);
        if (open) found.push(open);
      }
      found.push(...found.flatMap(throughGrounds));
      return found;
    }

    return { stretch, snap };
  };
})(globalThis.circle15);
