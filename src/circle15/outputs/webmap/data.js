// The data that travels in the page: unpacking it, and shapes as arrays ready to draw and to hit.
// Everything here works without a page, so that it can be tested outside a browser.
globalThis.circle15 = globalThis.circle15 || {};
(function (c15) {
  "use strict";

  // Base64 of a deflated JSON text, as Python packed it.
  c15.unpack = async function (base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  // Shapes encoded as parts, points and differences become flat arrays:
  // feature i has the parts from[i]..from[i+1], part k the points start[k]..start[k+1]. x and y are Web Mercator in
  // pixels of a world 256 wide, what Leaflet calls zoom 0.
  c15.decodeShapes = function (code, degrees) {
    const n = code.parts.length;
    const from = new Int32Array(n + 1);
    for (let i = 0; i < n; i++) from[i + 1] = from[i] + code.parts[i];
    const start = new Int32Array(code.points.length + 1);
    for (let k = 0; k < code.points.length; k++) start[k + 1] = start[k] + code.points[k];
    const total = start[code.points.length];
    const shapes = {
      n, from, start,
      x: new Float64Array(total), y: new Float64Array(total),
      lon: new Float64Array(total), lat: new Float64Array(total),
      box: new Float64Array(4 * n),
    };
    let lon = 0;
    let lat = 0;
    for (let j = 0; j < total; j++) {
      lon += code.xy[2 * j];
      lat += code.xy[2 * j + 1];
      shapes.lon[j] = lon * degrees;
      shapes.lat[j] = lat * degrees;
      const sine = Math.sin((shapes.lat[j] * Math.PI) / 180);
      shapes.x[j] = (shapes.lon[j] / 360 + 0.5) * 256;
      shapes.y[j] = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
    }
    for (let i = 0; i < n; i++) {
      let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let j = start[from[i]]; j < start[from[i + 1]]; j++) {
        const x = shapes.x[j];
        const y = shapes.y[j];
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < north) north = y;
        if (y > south) south = y;
      }
      shapes.box.set([west, north, east, south], 4 * i);
    }
    return shapes;
  };

  // Is the point inside feature i, by the even-odd rule over all its rings?
  c15.contains = function (shapes, i, x, y) {
    const b = shapes.box;
    if (x < b[4 * i] || y < b[4 * i + 1] || x > b[4 * i + 2] || y > b[4 * i + 3]) return false;
    let inside = false;
    for (let k = shapes.from[i]; k < shapes.from[i + 1]; k++) {
      for (let j = shapes.start[k], before = shapes.start[k + 1] - 1; j < shapes.start[k + 1]; before = j++) {
        const crosses = shapes.y[j] > y !== shapes.y[before] > y;
        if (crosses && x < shapes.x[j] + ((y - shapes.y[j]) * (shapes.x[before] - shapes.x[j])) / (shapes.y[before] - shapes.y[j])) {
          inside = !inside;
        }
      }
    }
    return inside;
  };

  // The feature that holds the point, else the one whose box is nearest within `reach`; -1 for none.
  c15.featureAt = function (shapes, x, y, reach) {
    let nearest = -1;
    let least = reach;
    for (let i = 0; i < shapes.n; i++) {
      const b = 4 * i;
      const dx = Math.max(shapes.box[b] - x, 0, x - shapes.box[b + 2]);
      const dy = Math.max(shapes.box[b + 1] - y, 0, y - shapes.box[b + 3]);
      const away = Math.hypot(dx, dy);
      if (away > least) continue;
      if (c15.contains(shapes, i, x, y)) return i;
      nearest = i;
      least = away;
    }
    return nearest;
  };

  // The middle of a feature's box, as longitude and latitude of a point: exact enough to centre a map on.
  c15.middle = function (shapes, i) {
    const first = shapes.start[shapes.from[i]];
    const last = shapes.start[shapes.from[i + 1]];
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let j = first; j < last; j++) {
      west = Math.min(west, shapes.lon[j]);
      east = Math.max(east, shapes.lon[j]);
      south = Math.min(south, shapes.lat[j]);
      north = Math.max(north, shapes.lat[j]);
    }
    return { lat: (south + north) / 2, lng: (west + east) / 2, bounds: [[south, west], [north, east]] };
  };

  // Every shape decoded, strings of digits as arrays, and the two scores of each residence.
  c15.prepare = function (raw) {
    const shapes = (code) => c15.decodeShapes(code, raw.degrees);
    const encoder = new TextEncoder();
    const digits = (text) => encoder.encode(text).map((code) => code - 48);
    const data = { ...raw, base: {} };
    for (const name of Object.keys(raw.base)) data.base[name] = shapes(raw.base[name]);
    for (const name of ["residences", "sites", "gapAreas", "plan"]) {
      data[name] = { ...raw[name], shapes: shapes(raw[name].shapes) };
    }
    data.residences.rural = digits(raw.residences.rural);
    data.access = raw.access.map((kind) => ({
      ...kind, status: digits(kind.status), robust: digits(kind.robust), reason: digits(kind.reason),
    }));
    const n = data.residences.shapes.n;
    data.score = { ...raw.score, covered: new Uint8Array(n), possible: new Uint8Array(n) };
    const covered = data.statuses.findIndex((status) => status.id === "covered");
    const possible = data.statuses.findIndex((status) => status.id === "possible");
    for (const kind of data.access) {
      for (let i = 0; i < n; i++) {
        if (kind.status[i] === covered) data.score.covered[i]++;
        if (kind.status[i] === possible) data.score.possible[i]++;
      }
    }
    return data;
  };

  // The class of a score among [[low, high], ...].
  c15.scoreClass = function (classes, score) {
    return classes.findIndex(([low, high]) => score >= low && score <= high);
  };

  // Which residences belong to an area of data.areas: a test by index.
  c15.memberOf = function (data, area) {
    const level = data.areas[area].level;
    if (level === "study") return () => true;
    const places = data.residences[level];
    return (i) => places[i] === area;
  };

  // Residences by class over an area: [{n, weight}, ...], and the total weight.
  c15.tally = function (data, area, classOf, nClasses) {
    const member = c15.memberOf(data, area);
    const classes = Array.from({ length: nClasses }, () => ({ n: 0, weight: 0 }));
    let total = 0;
    for (let i = 0; i < data.residences.shapes.n; i++) {
      if (!member(i)) continue;
      const tallied = classes[classOf(i)];
      tallied.n++;
      tallied.weight += data.residences.weight[i];
      total += data.residences.weight[i];
    }
    return { classes, total };
  };
})(globalThis.circle15);
