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

  // Numbers that Python packed as one character each (encode.packed), or that stand there as they are.
  c15.numbers = function (code) {
    if (typeof code !== "string") return Int32Array.from(code);
    const numbers = new Int32Array(code.length);
    let n = 0;
    for (let i = 0; i < code.length; i++) {
      let unit = code.charCodeAt(i);
      if (unit >= 0xd800 && unit < 0xe000) unit = 0x10000 + ((unit - 0xd800) << 10) + (code.charCodeAt(++i) - 0xdc00);
      if (unit >= 0xe000) unit -= 0x800;
      numbers[n++] = unit > 92 ? unit - 36 : unit - 35;
    }
    return numbers.subarray(0, n);
  };

  // Shapes encoded as parts, points and differences become flat arrays:
  // feature i has the parts from[i]..from[i+1], part k the points start[k]..start[k+1]. x and y are Web Mercator in
  // pixels of a world 256 wide, what Leaflet calls zoom 0.
  c15.decodeShapes = function (code, degrees) {
    const [parts, points, xy] = [c15.numbers(code.parts), c15.numbers(code.points), c15.numbers(code.xy)];
    if (code.at) {
      for (let j = 0; j < xy.length; j++) xy[j] = xy[j] & 1 ? -((xy[j] + 1) >> 1) : xy[j] >> 1;
      xy.set(code.at, 0);
    }
    const n = parts.length;
    const from = new Int32Array(n + 1);
    for (let i = 0; i < n; i++) from[i + 1] = from[i] + parts[i];
    const start = new Int32Array(points.length + 1);
    for (let k = 0; k < points.length; k++) start[k + 1] = start[k] + points[k];
    const total = start[points.length];
    const shapes = {
      n, from, start,
      x: new Float64Array(total), y: new Float64Array(total),
      lon: new Float64Array(total), lat: new Float64Array(total),
      box: new Float64Array(4 * n),
    };
    let lon = 0;
    let lat = 0;
    for (let j = 0; j < total; j++) {
      lon += xy[2 * j];
      lat += xy[2 * j + 1];
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

  // Every shape and number decoded, and the scores of each residence in each scope.
  c15.prepare = function (raw) {
    const shapes = (code) => c15.decodeShapes(code, raw.degrees);
    const data = { ...raw, base: {} };
    for (const name of Object.keys(raw.base)) data.base[name] = shapes(raw.base[name]);
    for (const name of ["residences", "sites", "gapAreas", "plan"]) {
      data[name] = { ...raw[name], shapes: shapes(raw[name].shapes) };
    }
    const { residences } = data;
    const n = residences.shapes.n;
    residences.rural = c15.numbers(raw.residences.rural);
    residences.homes = c15.numbers(raw.residences.homes);
    residences.weight = Float64Array.from(raw.residences.weight);
    for (const level of ["community", "district"]) residences[level] = c15.numbers(raw.residences[level]).map((place) => place - 1);

    const order = c15.numbers(raw.order);
    data.access = raw.access.map((kind) => {
      const made = {
        status: new Uint8Array(n), robust: new Uint8Array(n), reason: new Uint8Array(n),
        minutes: new Int16Array(n), site: new Int32Array(n),
      };
      const [verdict, minutes, site, sites] = [kind.verdict, kind.minutes, kind.site, kind.sites].map(c15.numbers);
      for (let j = 0; j < n; j++) {
        const i = order[j];
        made.status[i] = verdict[j] % 5;
        made.robust[i] = Math.trunc(verdict[j] / 5) % 2;
        made.reason[i] = Math.trunc(verdict[j] / 10);
        made.minutes[i] = minutes[j] - 1;
        made.site[i] = site[j] > 0 ? sites[site[j] - 1] : -1;
      }
      return made;
    });

    const statusAt = (id) => data.statuses.findIndex((status) => status.id === id);
    data.scopes = raw.scopes.map((scope) => ({
      ...scope,
      covered: countKinds(data.access, scope.kinds, statusAt("covered"), n),
      possible: countKinds(data.access, scope.kinds, statusAt("possible"), n),
      ...classesOf(scope, raw.score),
    }));

    const readings = raw.pinyin.readings.split(" ");
    data.pinyin = new Map([...raw.pinyin.characters].map((character, i) => [character, readings[i].split("/")]));
    return data;
  };

  function countKinds(access, kinds, wanted, n) {
    const counts = new Uint8Array(n);
    for (const k of kinds) {
      const { status } = access[k];
      for (let i = 0; i < n; i++) if (status[i] === wanted) counts[i]++;
    }
    return counts;
  }

  // Classes [[low, high], ...] and their colours: the 27 in the classes of every city, fewer kinds one by one.
  function classesOf(scope, score) {
    if (scope.id === "all") return score;
    const classes = Array.from({ length: scope.kinds.length + 1 }, (_, count) => [count, count]);
    const last = score.colours.length - 1;
    return { classes, colours: classes.map(([count]) => score.colours[Math.round((count / scope.kinds.length) * last)]) };
  }

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

  // What a plan or a proposal changes: a map of residence -> [[kind, "gained" or "lost"], ...].
  c15.planChanges = function (data) {
    const changed = new Map();
    for (const served of data.plan.served) {
      for (const [k, i] of served) {
        if (!changed.has(i)) changed.set(i, []);
        changed.get(i).push([k, "gained"]);
      }
    }
    return changed;
  };

  // Of these changes the one of a kind for a residence, or undefined.
  c15.changeOf = function (changed, i, kind) {
    return (changed.get(i) || []).find(([k]) => k === kind)?.[1];
  };

  // Weight and residences of an area that gain and lose any of some kinds.
  c15.sumChanges = function (data, area, changed, kinds) {
    const member = c15.memberOf(data, area);
    const sums = { gained: { weight: 0, n: 0 }, lost: { weight: 0, n: 0 } };
    for (const [i, changes] of changed) {
      if (!member(i)) continue;
      for (const change of ["gained", "lost"]) {
        if (!changes.some(([k, what]) => what === change && kinds.includes(k))) continue;
        sums[change].weight += data.residences.weight[i];
        sums[change].n += 1;
      }
    }
    return sums;
  };
})(globalThis.circle15);
