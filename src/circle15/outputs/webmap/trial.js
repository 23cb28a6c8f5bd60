// Trying a proposal in the page: what residents gain and lose when sites are put or closed, and gates opened. Only what
// an edit touches is searched again; docs/map.md says why that is enough.
(function (c15) {
  "use strict";

  // Everything that the page computes on the walk network; null where the study was told without one.
  c15.makeEngine = function (data) {
    const walk = c15.makeWalk(data);
    if (walk === null) return null;
    const { gates, route, routeTo, circle, times } = walk;
    return { gates, route, routeTo, circle, times, trial: makeTrial(data, walk) };
  };

  function makeTrial(data, walk) {
    const { code, thresholdOf, longestS, nHomes, nSites, nearest } = walk;
    const isCovered = data.statuses.findIndex((status) => status.id === "covered");
    // The sites that hold each kind by confirmed evidence: only these cover anybody.
    const holders = data.kinds.map(() => new Set());
    code.holdSite.forEach((site, h) => {
      if (code.holdConfirmed[h]) holders[code.holdKind[h]].add(site);
    });

    function isIn(reach, i) {
      return c15.inTicks(reach.time[i]) <= thresholdOf(i);
    }

    // Entries of sites and of what is put beside them, numbered from nSites on.
    function withPut(put) {
      const more = put.map(({ lon, lat }) => walk.shape.snap(lon, lat));
      const flat = more.flatMap((entries, p) => entries.map((entry) => ({ ...entry, owner: nSites + p })));
      const joined = (old, fresh) => {
        const out = new old.constructor(old.length + fresh.length);
        out.set(old);
        out.set(fresh, old.length);
        return out;
      };
      const { sites } = code;
      let at = sites.edge.length;
      return {
        edge: joined(sites.edge, flat.map(({ e }) => e)), owner: joined(sites.owner, flat.map(({ owner }) => owner)),
        fraction: joined(sites.fraction, flat.map(({ fraction }) => fraction)),
        leg: joined(sites.leg, flat.map(({ far }) => Math.round(far * 1e6) / 1e6 / code.speed)),
        ofPut: more.map((entries) => entries.map(() => at++)),
      };
    }

    function entriesOf(sites) {
      return [...sites].flatMap((site) => {
        const [first, last] = [code.sites.start[site], code.sites.start[site + 1]];
        return Array.from({ length: last - first }, (_, j) => first + j);
      });
    }

    // Whose each edge is once some gates are open.
    function zonesWith(opened) {
      if (!opened.size) return code.zone;
      const zones = code.zone.slice();
      code.gateEdge.forEach((e, j) => {
        if (opened.has(code.gateNumber[j])) zones[e] = 0;
      });
      return zones;
    }

    // Both ends of the gates that were opened, as entries of one place.
    function gateEntries(opened) {
      const edges = Array.from(code.gateEdge).filter((_, j) => opened.has(code.gateNumber[j]));
      return {
        edge: Int32Array.from(edges.flatMap((e) => [e, e])), owner: new Int32Array(2 * edges.length),
        fraction: Float64Array.from(edges.flatMap(() => [0, 1])), leg: new Float64Array(2 * edges.length),
      };
    }

    // edits: {do: "open_site", kind, lon, lat}, {do: "close_site", site, kind (null for all)}, {do: "open_gate", gate}.
    // All hold at once. A residence gains a kind that wasn't covered and becomes it, and loses one that was and is no
    // longer; what is put is confirmed. In `total` each residence counts once.
    return function trial(edits) {
      const put = edits.filter((edit) => edit.do === "open_site");
      const closings = edits.filter((edit) => edit.do === "close_site");
      const opened = new Set(edits.filter((edit) => edit.do === "open_gate").map((edit) => edit.gate));
      const zones = zonesWith(opened);
      const all = withPut(put);
      // Who gains by a gate walks on from it to a site within the time.
      const isBeyond = opened.size ? walk.sitesNear(gateEntries(opened), longestS) : null;
      const changed = new Map();
      const note = (i, k, how) => {
        if (!changed.has(i)) changed.set(i, []);
        changed.get(i).push([k, how]);
      };
      data.kinds.forEach((_, k) => {
        const gone = new Set(closings.filter((edit) => edit.kind === null || edit.kind === k).map((edit) => edit.site));
        const isClosing = [...gone].some((site) => holders[k].has(site));
        const fresh = all.ofPut.flatMap((entries, p) => (put[p].kind === k ? entries : []));
        if (!isClosing && !fresh.length && !opened.size) return;
        const { status } = data.access[k];
        const stay = [...holders[k]].filter((site) => !gone.has(site));
        if (isClosing) {
          const reach = nearest(all, [...entriesOf(stay), ...fresh], longestS, zones);
          for (let i = 0; i < nHomes; i++) {
            const was = status[i] === isCovered;
            const is = isIn(reach, i);
            if (was !== is) note(i, k, is ? "gained" : "lost");
          }
          return;
        }
        const byGate = opened.size ? entriesOf(stay.filter((site) => isBeyond[site])) : [];
        if (!fresh.length && !byGate.length) return;
        const reach = nearest(all, [...byGate, ...fresh], longestS, zones);
        for (let i = 0; i < nHomes; i++) {
          if (status[i] !== isCovered && isIn(reach, i)) note(i, k, "gained");
        }
      });
      return summedUp(changed);
    };

    function summedUp(changed) {
      const none = () => ({ gained: { weight: 0, n: 0 }, lost: { weight: 0, n: 0 } });
      const kinds = new Map();
      const communities = new Map();
      const total = none();
      const add = (row, how, weight) => {
        row[how].weight += weight;
        row[how].n += 1;
      };
      for (const [i, changes] of [...changed].sort((a, b) => a[0] - b[0])) {
        const weight = data.residences.weight[i];
        const area = data.residences.community[i];
        for (const [k, how] of changes) {
          const key = area * data.kinds.length + k;
          if (!kinds.has(k)) kinds.set(k, { k, ...none() });
          if (!communities.has(key)) communities.set(key, { area, k, ...none() });
          add(kinds.get(k), how, weight);
          add(communities.get(key), how, weight);
        }
        for (const how of ["gained", "lost"]) if (changes.some((change) => change[1] === how)) add(total, how, weight);
      }
      const inOrder = (rows) => [...rows].sort((a, b) => a[0] - b[0]).map(([, row]) => row);
      return { kinds: inOrder(kinds), communities: inOrder(communities), total, changed };
    }
  }
})(globalThis.circle15);
