// Walking in the page as Python's searches walk: the same bounded searches over the same float32 seconds, with ends in the
// middle of edges, each person passing the gates of their own zone only (circle15/_kernels.py, circle15/reach.py).
// Everything here works without a page, so that it can be tested outside a browser.
(function (c15) {
  "use strict";

  const BUCKETS = 128;
  const TICK_S = 1e-3;
  const NOBODY = 0x7fffffff;
  const FRACTIONS = 2 ** 32 - 1;
  const LEGS_PER_M = 1e5;
  const GRID_PER_DEGREE = 1e7;
  const TYPES = {
    uint8: Uint8Array, int32: Int32Array, uint32: Uint32Array, float64: Float64Array,
  };

  // ---- Unpacking -------------------------------------------------------------------------------------------------

  // The numbers of `encode_walk`, by their header: null where the study was told without its network.
  c15.unpackWalk = async function (header, base64) {
    if (!header) return null;
    const text = atob(base64);
    const packed = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const told = {};
    let at = 0;
    for (const [name, type, length] of header.arrays) {
      const size = TYPES[type].BYTES_PER_ELEMENT;
      const raw = new Uint8Array(length * size);
      for (let plane = 0; plane < size; plane++) for (let i = plane; i < raw.length; i += size) raw[i] = bytes[at++];
      told[name] = new TYPES[type](raw.buffer);
    }
    const { u, v, fromU, fromV } = told;
    for (let e = 0, before = 0; e < u.length; before = v[e++]) {
      u[e] += before;
      v[e] += u[e];
      fromV[e] ^= fromU[e];
    }
    const { plane, maxSnapM, closed, speed, thresholdUrbanS, thresholdRuralS, widthM, gates } = header;
    return {
      plane, maxSnapM, closed, speed, thresholdUrbanS, thresholdRuralS, widthM, gateIds: gates,
      u, v, fromU: new Float32Array(fromU.buffer), fromV: new Float32Array(fromV.buffer),
      zone: told.zone, home: told.home, flags: told.flags, zoneFlags: told.zoneFlags,
      gateEdge: told.gateEdge, gateNumber: told.gateNumber,
      residences: places(told, "residence", speed), sites: places(told, "site", speed),
      holdSite: told.holdSite, holdKind: told.holdKind, holdConfirmed: told.holdConfirmed,
      edges: lines(told, "edge"), compounds: lines(told, "compound"), barriers: lines(told, "barrier"),
      openGates: lines(told, "openGate"),
    };
  };

  function running(counts) {
    const start = new Int32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) start[i + 1] = start[i] + counts[i];
    return start;
  }

  // Shape i has the lines from[i]..from[i+1], line k the points start[k]..start[k+1].
  function lines(told, name) {
    const start = running(told[name + "Points"]);
    const degrees = (steps) => {
      const out = new Float64Array(steps.length);
      for (let j = 0, whole = 0; j < out.length; j++) out[j] = (whole += steps[j]) / GRID_PER_DEGREE;
      return out;
    };
    const lon = degrees(told[name + "Lon"]);
    const lat = degrees(told[name + "Lat"]);
    told[name + "Off"].forEach((j, i) => {
      lon[j] = told[name + "OffLon"][i];
      lat[j] = told[name + "OffLat"][i];
    });
    return { from: running(told[name + "Parts"]), start, lon, lat };
  }

  // Place i has the entries start[i]..start[i+1], each at a fraction of an edge, `leg` seconds off it.
  function places(told, name, speed) {
    const start = running(told[name + "Entries"]);
    const edge = told[name + "Edge"];
    const owner = new Int32Array(edge.length);
    for (let j = 1; j < edge.length; j++) edge[j] += edge[j - 1];
    for (let i = 0; i + 1 < start.length; i++) owner.fill(i, start[i], start[i + 1]);
    return {
      start, edge, owner, zone: told[name + "Zone"],
      fraction: Float64Array.from(told[name + "Fraction"], (whole) => whole / FRACTIONS),
      leg: Float64Array.from(told[name + "Leg"], (whole) => whole / LEGS_PER_M / speed),
    };
  }

  // ---- The graph and the search ----------------------------------------------------------------------------------

  // Vertex x has the open arcs span[2x]..span[2x+1], then its links, which only people of the edge's zone pass, to
  // span[2x+2]. Backwards the arcs are walked against their direction, for searches from where people go.
  function arcsOf({ n, u, v, fromU, fromV, zone }, backwards) {
    const span = new Int32Array(2 * n + 1);
    const each = (found) => {
      for (let e = 0; e < u.length; e++) {
        const isLink = Number(zone[e] > 0);
        if (fromU[e] < Infinity) found(2 * (backwards ? v[e] : u[e]) + isLink, e, backwards ? u[e] : v[e], fromU[e]);
        if (fromV[e] < Infinity) found(2 * (backwards ? u[e] : v[e]) + isLink, e, backwards ? v[e] : u[e], fromV[e]);
      }
    };
    each((slot) => span[slot + 1]++);
    for (let slot = 0; slot < 2 * n; slot++) span[slot + 1] += span[slot];
    const total = span[2 * n];
    const arcs = { span, head: new Int32Array(total), cost: new Float32Array(total), edge: new Int32Array(total) };
    const next = span.slice();
    each((slot, edge, head, cost) => {
      const i = next[slot]++;
      arcs.head[i] = head;
      arcs.cost[i] = cost;
      arcs.edge[i] = edge;
    });
    return arcs;
  }

  // A bounded search over n vertices: an array of buckets, each a linked list (R. B. Dial, Algorithm 360, 1969). Labels
  // are seconds and the owner's number, smaller owners first among equals; entries remember what they replaced, so that
  // undoing costs as much as was searched. `via[x]` is what `offer` was told when x got its label.
  function makeSearch(n) {
    const time = new Float32Array(n).fill(Infinity);
    const owner = new Int32Array(n).fill(NOBODY);
    const via = new Int32Array(n);
    const bucketOf = new Int32Array(BUCKETS + 1).fill(-1);
    let size = 4096;
    let used = 0;
    let limit = 0;
    let scale = 0;
    let vertexOf = new Int32Array(size);
    let following = new Int32Array(size);
    let given = new Float32Array(size);
    let givenTo = new Int32Array(size);
    let timeBefore = new Float32Array(size);
    let ownerBefore = new Int32Array(size);

    function grow() {
      const wider = (old) => {
        const out = new old.constructor(2 * size);
        out.set(old);
        return out;
      };
      [vertexOf, following, given, givenTo, timeBefore, ownerBefore] =
        [vertexOf, following, given, givenTo, timeBefore, ownerBefore].map(wider);
      size *= 2;
    }

    function begin(limitS) {
      limit = Math.fround(limitS);
      scale = BUCKETS / limit;
    }

    function offer(vertex, seconds, who, by) {
      const t = Math.fround(seconds);
      const known = time[vertex];
      if (!(t <= limit) || t > known || (t === known && who >= owner[vertex])) return;
      if (used === size) grow();
      const bucket = Math.min(t * scale, BUCKETS) | 0;
      vertexOf[used] = vertex;
      following[used] = bucketOf[bucket];
      given[used] = time[vertex] = t;
      timeBefore[used] = known;
      ownerBefore[used] = owner[vertex];
      givenTo[used] = owner[vertex] = who;
      via[vertex] = by;
      bucketOf[bucket] = used++;
    }

    // `zones` says whose each edge is now; people of `own` pass its links and those that have become everybody's.
    function settle({ span, head, cost, edge }, zones, own) {
      for (let bucket = 0; bucket <= BUCKETS; bucket++) {
        while (bucketOf[bucket] >= 0) {
          const entry = bucketOf[bucket];
          bucketOf[bucket] = following[entry];
          const vertex = vertexOf[entry];
          const t = time[vertex];
          const who = owner[vertex];
          if (t !== given[entry] || who !== givenTo[entry]) continue;
          const links = span[2 * vertex + 1];
          const last = span[2 * vertex + 2];
          for (let i = span[2 * vertex]; i < links; i++) offer(head[i], t + cost[i], who, edge[i]);
          for (let i = links; i < last; i++) {
            const zone = zones[edge[i]];
            if (zone === 0 || zone === own) offer(head[i], t + cost[i], who, edge[i]);
          }
        }
      }
    }

    function undo(first) {
      while (used > first) {
        used--;
        time[vertexOf[used]] = timeBefore[used];
        owner[vertexOf[used]] = ownerBefore[used];
      }
    }

    return {
      time, owner, via, begin, offer, settle, undo,
      get used() { return used; },
      vertexAt: (entry) => vertexOf[entry],
    };
  }

  // Seconds for a part of an edge; none of an edge costs nothing, even where it may not be walked.
  function walked(part, whole) {
    return part <= 0 ? 0 : part * whole;
  }

  // Which part of an edge can be walked in the time left.
  function partOf(left, whole) {
    if (!(left >= 0) || whole === Infinity) return 0;
    return whole <= left ? 1 : left / whole;
  }

  // The nearest whole tick, halves to the even one; exact sums of float32 don't agree on more.
  c15.inTicks = function (seconds) {
    const ticks = seconds / TICK_S;
    const low = Math.floor(ticks);
    const rest = ticks - low;
    const up = rest > 0.5 || (rest === 0.5 && low % 2 !== 0);
    return (low + Number(up)) * TICK_S;
  };

  // Whether a time in ticks is within a number of seconds.
  c15.isWithin = function (ticked, cutoffS) {
    return ticked <= cutoffS + TICK_S / 2;
  };

  // ---- What is asked of the network ------------------------------------------------------------------------------

  // The walk network of a page's data, ready to be searched; null where it travels without one. `data.walk` is unpacked.
  c15.makeWalk = function (data) {
    const code = data.walk;
    if (!code) return null;
    const { u, v, fromU, fromV, residences, sites } = code;
    const graph = { n: 1 + u.reduce((most, x, e) => Math.max(most, x, v[e]), -1), u, v, fromU, fromV, zone: code.zone };
    const onwards = arcsOf(graph, false);
    const backwards = arcsOf(graph, true);
    const search = makeSearch(graph.n);
    const nHomes = residences.start.length - 1;
    const nSites = sites.start.length - 1;
    const isRural = data.residences.rural;
    const thresholdOf = (i) => (isRural[i] ? code.thresholdRuralS : code.thresholdUrbanS);
    const anyRural = isRural.includes(1);
    const longestS = anyRural ? Math.max(code.thresholdRuralS, code.thresholdUrbanS) : code.thresholdUrbanS;
    const entries = homeEntries();
    const linksOf = new Map();
    code.zone.forEach((zone, e) => {
      if (zone > 0) linksOf.set(zone, [...(linksOf.get(zone) || []), e]);
    });

    // Entries of residences as searches read them: seconds to either end of their edge; by the zone of their people
    // (0: whoever is of a zone without links); and by edge, for walks that never leave it.
    function homeEntries() {
      const size = residences.edge.length;
      const toU = new Float32Array(size);
      const toV = new Float32Array(size);
      const withLinks = new Set(code.zone);
      const byZone = new Map();
      const perEdge = new Int32Array(u.length + 1);
      for (let j = 0; j < size; j++) {
        const e = residences.edge[j];
        toU[j] = walked(residences.fraction[j], fromV[e]) + residences.leg[j];
        toV[j] = walked(1 - residences.fraction[j], fromU[e]) + residences.leg[j];
        const own = residences.zone[residences.owner[j]];
        const zone = withLinks.has(own) ? own : 0;
        if (!byZone.has(zone)) byZone.set(zone, []);
        byZone.get(zone).push(j);
        perEdge[e + 1]++;
      }
      for (let e = 0; e < u.length; e++) perEdge[e + 1] += perEdge[e];
      const onEdge = new Int32Array(size);
      const next = perEdge.slice();
      for (let j = 0; j < size; j++) onEdge[next[residences.edge[j]]++] = j;
      return { toU, toV, byZone, edgeStart: perEdge, onEdge };
    }

    function isShut(zones, e, own) {
      return zones[e] !== 0 && zones[e] !== own;
    }

    // Offer both ends of its edge the walk between them and an entry of a place; told as -2 - 2 j - (0 at u, 1 at v).
    function start(set, j, who, zones, own, isBackwards) {
      const e = set.edge[j];
      const shut = isShut(zones, e, own);
      const toU = shut ? Infinity : isBackwards ? fromU[e] : fromV[e];
      const toV = shut ? Infinity : isBackwards ? fromV[e] : fromU[e];
      search.offer(v[e], set.leg[j] + walked(1 - set.fraction[j], toV), who, -3 - 2 * j);
      search.offer(u[e], set.leg[j] + walked(set.fraction[j], toU), who, -2 - 2 * j);
    }

    // Seconds straight along an edge from one fraction to another.
    function along(from, to, e, shut) {
      if (to >= from) return walked(to - from, shut ? Infinity : fromU[e]);
      return walked(from - to, shut ? Infinity : fromV[e]);
    }

    // For every residence the seconds to the nearest of some entries of places and whose entry that is, Infinity and -1
    // beyond the limit: one search backwards over open arcs, then mended for people of each zone.
    function nearest(set, chosen, limitS, zones) {
      const time = new Float32Array(nHomes).fill(Infinity);
      const site = new Int32Array(nHomes).fill(-1);
      const limit = Math.fround(limitS + TICK_S);
      const keep = (i, seconds, who) => {
        const t = Math.fround(seconds);
        if (t <= limit && (t < time[i] || (t === time[i] && who < site[i]))) {
          time[i] = t;
          site[i] = who;
        }
      };
      const read = (list, own) => {
        for (const j of list) {
          const e = residences.edge[j];
          let toU = entries.toU[j];
          let toV = entries.toV[j];
          if (zones[e] !== 0 && isShut(zones, e, residences.zone[residences.owner[j]])) {
            toU = walked(residences.fraction[j], Infinity) + residences.leg[j];
            toV = walked(1 - residences.fraction[j], Infinity) + residences.leg[j];
          }
          keep(residences.owner[j], search.time[u[e]] + toU, search.owner[u[e]]);
          keep(residences.owner[j], search.time[v[e]] + toV, search.owner[v[e]]);
        }
      };
      search.begin(limit);
      for (const j of chosen) start(set, j, set.owner[j], zones, 0, true);
      search.settle(backwards, zones, 0);
      const settled = search.used;
      for (const [zone, list] of entries.byZone) {
        if (zone > 0) {
          for (const e of linksOf.get(zone)) {
            if (zones[e] !== zone) continue;
            search.offer(u[e], search.time[v[e]] + fromU[e], search.owner[v[e]], e);
            search.offer(v[e], search.time[u[e]] + fromV[e], search.owner[u[e]], e);
          }
          if (search.used > settled) search.settle(backwards, zones, zone);
        }
        read(list, zone);
        search.undo(settled);
      }
      search.undo(0);
      for (const j of chosen) {
        const e = set.edge[j];
        for (let i = entries.edgeStart[e]; i < entries.edgeStart[e + 1]; i++) {
          const k = entries.onEdge[i];
          const shut = isShut(zones, e, residences.zone[residences.owner[k]]);
          const straight = along(residences.fraction[k], set.fraction[j], e, shut);
          keep(residences.owner[k], set.leg[j] + straight + residences.leg[k], set.owner[j]);
        }
      }
      return { time, site };
    }

    // Search onwards from a residence; whoever asks undoes it.
    function fromHome(i, limitS) {
      const own = residences.zone[i];
      search.begin(limitS);
      for (let j = residences.start[i]; j < residences.start[i + 1]; j++) start(residences, j, 0, code.zone, own, false);
      search.settle(onwards, code.zone, own);
      return own;
    }

    // Which sites are within some seconds of entries of places, walking on from them, were all gates open.
    function sitesNear(set, limitS) {
      const open = new Int32Array(u.length);
      const isNear = new Uint8Array(nSites);
      search.begin(limitS + TICK_S);
      set.edge.forEach((_, j) => start(set, j, 0, open, 0, false));
      search.settle(onwards, open, 0);
      sites.edge.forEach((e, j) => {
        if (search.time[u[e]] < Infinity || search.time[v[e]] < Infinity) isNear[sites.owner[j]] = 1;
      });
      search.undo(0);
      return isNear;
    }

    // Seconds from a residence to every site, in ticks, Infinity beyond the limit.
    function timesToSites(i, limitS) {
      const best = new Float32Array(nSites).fill(Infinity);
      const limit = Math.fround(limitS + TICK_S);
      const own = fromHome(i, limit);
      const note = (site, seconds) => {
        const t = Math.fround(seconds);
        if (t <= limit && t < best[site]) best[site] = t;
      };
      for (let j = 0; j < sites.edge.length; j++) {
        const e = sites.edge[j];
        const atU = search.time[u[e]];
        const atV = search.time[v[e]];
        if (atU === Infinity && atV === Infinity) continue;
        const shut = code.zone[e] !== 0;
        note(sites.owner[j], atU + Math.fround(walked(sites.fraction[j], shut ? Infinity : fromU[e]) + sites.leg[j]));
        note(sites.owner[j], atV + Math.fround(walked(1 - sites.fraction[j], shut ? Infinity : fromV[e]) + sites.leg[j]));
      }
      search.undo(0);
      for (let k = residences.start[i]; k < residences.start[i + 1]; k++) {
        const e = residences.edge[k];
        for (const j of sitesOn(e)) {
          const straight = along(residences.fraction[k], sites.fraction[j], e, isShut(code.zone, e, own));
          note(sites.owner[j], residences.leg[k] + straight + sites.leg[j]);
        }
      }
      return Float64Array.from(best, (t) => {
        const ticked = c15.inTicks(t);
        return c15.isWithin(ticked, limitS) ? ticked : Infinity;
      });
    }

    let siteEntriesOn = null;
    function sitesOn(e) {
      if (siteEntriesOn === null) {
        siteEntriesOn = new Map();
        sites.edge.forEach((edge, j) => siteEntriesOn.set(edge, [...(siteEntriesOn.get(edge) || []), j]));
      }
      return siteEntriesOn.get(e) || [];
    }

    // Of each kind the seconds to the nearest confirmed and to the nearest other site, Infinity beyond twice the
    // threshold, and the site that decides, -1 for none.
    function times(i) {
      const threshold = thresholdOf(i);
      const toSite = timesToSites(i, 2 * longestS);
      const found = data.kinds.map(() => ({ confirmed: Infinity, possible: Infinity, byConfirmed: -1, byPossible: -1 }));
      for (let h = 0; h < code.holdSite.length; h++) {
        const site = code.holdSite[h];
        const seconds = toSite[site] <= 2 * threshold ? toSite[site] : Infinity;
        const kind = found[code.holdKind[h]];
        const [how, by] = code.holdConfirmed[h] ? ["confirmed", "byConfirmed"] : ["possible", "byPossible"];
        if (seconds < kind[how] || (seconds < Infinity && seconds === kind[how] && site < kind[by])) {
          kind[how] = seconds;
          kind[by] = site;
        }
      }
      return found.map(({ confirmed, possible, byConfirmed, byPossible }) => {
        const isPossible = confirmed > threshold && possible <= threshold;
        return { confirmed, possible, site: isPossible || byConfirmed < 0 ? byPossible : byConfirmed };
      });
    }

    // ---- Lines to draw -------------------------------------------------------------------------------------------

    const shape = c15.makePlane(code);

    function pointOf(shapes, i) {
      const { lat, lng } = c15.middle(shapes, i);
      return [lat, lng];
    }

    // The walk from a residence to a site, as far as twice the longest threshold; null where there is none.
    function routeTo(i, site) {
      const own = residences.zone[i];
      const limit = Math.fround(2 * longestS + TICK_S);
      search.begin(limit);
      for (let j = sites.start[site]; j < sites.start[site + 1]; j++) start(sites, j, site, code.zone, own, true);
      search.settle(backwards, code.zone, own);
      let best = { seconds: Infinity };
      const note = (seconds, way) => {
        const t = Math.fround(seconds);
        if (t <= limit && t < best.seconds) best = { seconds: t, ...way };
      };
      for (let k = residences.start[i]; k < residences.start[i + 1]; k++) {
        const e = residences.edge[k];
        const shut = isShut(code.zone, e, own);
        const part = residences.fraction[k];
        note(search.time[u[e]] + Math.fround(walked(part, shut ? Infinity : fromV[e]) + residences.leg[k]), { k, end: 0 });
        note(search.time[v[e]] + Math.fround(walked(1 - part, shut ? Infinity : fromU[e]) + residences.leg[k]), { k, end: 1 });
        for (let j = sites.start[site]; j < sites.start[site + 1]; j++) {
          if (sites.edge[j] !== e) continue;
          note(sites.leg[j] + along(part, sites.fraction[j], e, shut) + residences.leg[k], { k, last: j });
        }
      }
      if (best.seconds === Infinity) {
        search.undo(0);
        return null;
      }
      const line = residences.leg[best.k] > 0 ? [pointOf(data.residences.shapes, i)] : [];
      const walk = (e, from, to) => line.push(...shape.stretch(e, from, to));
      let last = best.last;
      const first = residences.edge[best.k];
      if (last !== undefined) {
        walk(first, residences.fraction[best.k], sites.fraction[last]);
      } else {
        walk(first, residences.fraction[best.k], best.end);
        let at = best.end === 0 ? u[first] : v[first];
        while (search.via[at] >= 0) {
          const e = search.via[at];
          const isAlong = u[e] === at;
          walk(e, isAlong ? 0 : 1, isAlong ? 1 : 0);
          at = isAlong ? v[e] : u[e];
        }
        last = (-2 - search.via[at]) >> 1;
        walk(sites.edge[last], (-2 - search.via[at]) & 1, sites.fraction[last]);
      }
      search.undo(0);
      if (sites.leg[last] > 0) line.push(pointOf(data.sites.shapes, site));
      const once = line.filter((point, p) => p === 0 || point[0] !== line[p - 1][0] || point[1] !== line[p - 1][1]);
      return { site, seconds: c15.inTicks(best.seconds), line: once };
    }

    // Every stretch that a residence reaches in some seconds, cut where the time runs out, its leg included: the circle
    // is what lies within `widthM` of them.
    function circle(i, seconds) {
      const parts = [];
      const own = fromHome(i, seconds);
      const touched = new Set();
      for (let k = residences.start[i]; k < residences.start[i + 1]; k++) touched.add(residences.edge[k]);
      for (let entry = 0; entry < search.used; entry++) {
        const vertex = search.vertexAt(entry);
        for (let a = onwards.span[2 * vertex]; a < onwards.span[2 * vertex + 2]; a++) {
          if (!isShut(code.zone, onwards.edge[a], own)) touched.add(onwards.edge[a]);
        }
      }
      const homes = [];
      for (let k = residences.start[i]; k < residences.start[i + 1]; k++) homes.push(k);
      for (const e of [...touched].sort((a, b) => a - b)) {
        const shut = isShut(code.zone, e, own);
        const onU = shut ? Infinity : fromU[e];
        const onV = shut ? Infinity : fromV[e];
        const found = [[0, partOf(seconds - search.time[u[e]], onU)], [1 - partOf(seconds - search.time[v[e]], onV), 1]];
        for (const k of homes) {
          if (residences.edge[k] !== e) continue;
          const left = seconds - residences.leg[k];
          const at = residences.fraction[k];
          found.push([Math.max(0, at - partOf(left, onV)), Math.min(1, at + partOf(left, onU))]);
        }
        for (const [low, high] of merged(found)) parts.push(shape.stretch(e, low, high));
      }
      search.undo(0);
      for (const k of homes) {
        const leg = residences.leg[k];
        if (!(leg > 0)) continue;
        const door = pointOf(data.residences.shapes, i);
        const street = shape.stretch(residences.edge[k], residences.fraction[k], residences.fraction[k])[0];
        const part = Math.min(1, seconds / leg);
        parts.push([door, door.map((x, axis) => x + part * (street[axis] - x))]);
      }
      return { parts, widthM: code.widthM };
    }

    // Ranges that overlap or touch, joined; empty ones left out.
    function merged(ranges) {
      const out = [];
      for (const [low, high] of ranges.filter(([a, b]) => b > a).sort((a, b) => a[0] - b[0])) {
        const before = out[out.length - 1];
        if (before && low <= before[1]) before[1] = Math.max(before[1], high);
        else out.push([low, high]);
      }
      return out;
    }

    const gates = code.gateIds.map((id, number) => {
      const e = code.gateEdge[code.gateNumber.indexOf(number)];
      const point = code.edges.start[e];
      return { id, lat: code.edges.lat[point], lon: code.edges.lon[point], isClosed: true };
    });

    return {
      code, gates, thresholdOf, longestS, nHomes, nSites, nearest, sitesNear, shape,
      times, routeTo, circle,
      route(i, k) {
        const site = data.access[k].site[i];
        return site < 0 ? null : routeTo(i, site);
      },
    };
  };
})(globalThis.circle15);
