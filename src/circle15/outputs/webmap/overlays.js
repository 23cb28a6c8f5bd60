// What lies over the residences and can be pressed: sites, gap areas, the plan; names of areas; what is chosen.
(function (c15) {
  "use strict";

  const INK = "#1c1c1c";
  const SITE_STYLES = [
    { color: "#ffffff", weight: 1.5, fillColor: INK, fillOpacity: 1 },
    { color: INK, weight: 1.8, fillColor: "#ffffff", fillOpacity: 1 },
    { color: INK, weight: 1.4, fillColor: "#ffffff", fillOpacity: 1, dashArray: "2 2" },
  ];

  // Sites grow with the zoom, and shrink where a kind has very many of them.
  function siteRadius(zoom, n) {
    const radius = zoom >= 17 ? 6.5 : zoom >= 16 ? 5.5 : zoom >= 15 ? 4.5 : zoom >= 14 ? 4 : 3.2;
    return n > 400 && zoom < 16 ? radius * 0.6 : radius;
  }

  function pointOf(shapes, i) {
    const j = shapes.start[shapes.from[i]];
    return [shapes.lat[j], shapes.lon[j]];
  }

  // The shapes among which something chosen, {type, index}, is found; undefined where it is but a point.
  c15.shapesOf = function (data, chosen) {
    return { residence: data.residences, site: data.sites, gapArea: data.gapAreas, plan: data.plan }[chosen.type]?.shapes;
  };

  c15.sitesLayer = function (map, data, kind, choose) {
    const held = [];
    data.sites.kinds.forEach((kinds, site) => {
      const pair = kinds.find(([k]) => k === kind);
      if (pair) held.push([site, pair[1]]);
    });
    held.sort((a, b) => b[1] - a[1] || a[0] - b[0]); // confirmed last, so that it lies on top
    const radius = siteRadius(map.getZoom(), held.length);
    const markers = held.map(([site, evidence]) =>
      L.circleMarker(pointOf(data.sites.shapes, site), { ...SITE_STYLES[evidence], radius, bubblingMouseEvents: false })
        .on("click", () => choose({ type: "site", index: site })));
    const layer = L.layerGroup(markers);
    layer.refit = () => {
      const fit = siteRadius(map.getZoom(), held.length);
      for (const marker of markers) marker.setRadius(fit);
    };
    return layer;
  };

  function ringsOf(shapes, i) {
    const rings = [];
    for (let k = shapes.from[i]; k < shapes.from[i + 1]; k++) {
      const ring = [];
      for (let j = shapes.start[k]; j < shapes.start[k + 1]; j++) ring.push([shapes.lat[j], shapes.lon[j]]);
      rings.push(ring);
    }
    return rings;
  }

  // Outlines only: the residences inside keep their clicks.
  c15.gapAreasLayer = function (map, data, kind) {
    const layer = L.layerGroup();
    const outlines = [];
    data.gapAreas.kind.forEach((k, i) => {
      if (k !== kind) return;
      const rings = ringsOf(data.gapAreas.shapes, i).map((ring) => [...ring, ring[0]]);
      layer.addLayer(L.polyline(rings, { color: "#ffffff", weight: 4, opacity: 0.8, interactive: false }));
      outlines.push(L.polyline(rings, { color: "#8f3a00", interactive: false }));
      layer.addLayer(outlines[outlines.length - 1]);
    });
    layer.refit = () => {
      const isNear = map.getZoom() >= 15;
      for (const outline of outlines) outline.setStyle({ weight: isNear ? 2.2 : 1.2, dashArray: isNear ? "8 4" : null });
    };
    layer.refit();
    return layer;
  };

  c15.gapAreaAt = function (data, kind, x, y) {
    return data.gapAreas.kind.findIndex((k, i) => k === kind && c15.contains(data.gapAreas.shapes, i, x, y));
  };

  // Numbered pins; those that don't hold the chosen kind step back.
  c15.planLayer = function (data, kind, choose) {
    const layer = L.layerGroup();
    data.plan.rank.forEach((rank, i) => {
      const isOfKind = kind === null || data.plan.kinds[i].includes(kind);
      const [lat, lng] = pointOf(data.plan.shapes, i);
      layer.addLayer(pin({ lat, lng }, String(rank), "plan" + (isOfKind ? "" : " faint"), c15.say("plan_item", { rank }),
        () => choose({ type: "plan", index: i }), 1000 - rank));
    });
    return layer;
  };

  // A pin with a sign in it, which mouse and keyboard can press.
  function pin(place, sign, classes, label, press, zIndexOffset = 0) {
    const html = c15.make("span", { class: "pin " + classes }, c15.make("b", {}, sign));
    const icon = L.divIcon({ html, className: "pin-holder", iconSize: [28, 36], iconAnchor: [14, 35] });
    const marker = L.marker(place, { icon, title: label, alt: label, zIndexOffset, interactive: press !== null, keyboard: press !== null });
    if (press) {
      marker.on("click", press);
      marker.on("keypress", (event) => {
        if (event.originalEvent.key === "Enter") press();
      });
    }
    return marker;
  }

  // Gates that a proposal can open; those that the draft opens are drawn with it.
  c15.gatesLayer = function (gates, edits, choose) {
    const opened = new Set(edits.filter((edit) => edit.do === "open_gate").map((edit) => edit.gate));
    const layer = L.layerGroup();
    gates.forEach((gate, index) => {
      if (opened.has(index)) return;
      layer.addLayer(pin({ lat: gate.lat, lng: gate.lon }, "⊓", "gate", c15.say("gate", { id: gate.id }), () => choose({ type: "gate", index })));
    });
    return layer;
  };

  const SIGNS = { open_site: "+", close_site: "×", open_gate: "⊓" };

  c15.draftLayer = function (data, gates, edits) {
    return L.layerGroup(edits.map((edit, i) => {
      const { lat, lon } = c15.placeOfEdit(data, gates, edit);
      const label = c15.editText(data, gates, edit).map((part) => (typeof part === "string" ? part : part.textContent)).join("");
      return pin({ lat, lng: lon }, SIGNS[edit.do], "draft " + edit.do, label, null, 1100 + i);
    }));
  };

  c15.commentsLayer = function (comments, choose) {
    return L.layerGroup(comments.map((comment, index) =>
      pin({ lat: comment.lat, lng: comment.lon }, "✎", "comment", c15.titleOfText(comment.text), () => choose({ type: "comment", index }), 1050)));
  };

  // All that the residence reaches within the limit, as one translucent band along the streets.
  c15.circleLayer = function (map, engine, data, i) {
    const minutes = data.residences.rural[i] ? data.about.minutesRural : data.about.minutesUrban;
    const { parts, widthM } = engine.circle(i, minutes * 60);
    const band = L.polyline(parts, { color: "#6a3fb5", opacity: 0.22, interactive: false });
    const layer = L.layerGroup([band]);
    layer.refit = () => {
      const { lat } = c15.middle(data.residences.shapes, i);
      const metresPerPixel = (40075016.7 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
      band.setStyle({ weight: Math.max((2 * widthM) / metresPerPixel, 3) });
    };
    layer.refit();
    return layer;
  };

  // The walk to the site that decided a kind, its steps white on black; null where there is none.
  c15.routeLayer = function (engine, i, k) {
    const route = engine.route(i, k);
    if (!route) return null;
    const layer = L.layerGroup([
      L.polyline(route.line, { color: "#ffffff", weight: 9, opacity: 0.9, interactive: false }),
      L.polyline(route.line, { color: "#3b0f70", weight: 5, interactive: false }),
      L.polyline(route.line, { color: "#ffffff", weight: 1.5, dashArray: "1 8", interactive: false }),
    ]);
    layer.bounds = L.latLngBounds(route.line);
    return layer;
  };

  // Tianditu's vector map and its names, by the publisher's key: the only layer that asks the network.
  c15.tiandituLayers = function (key, fail) {
    const layer = (name, zIndex) => L.tileLayer(
      `https://t0.tianditu.gov.cn/${name}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${name}&STYLE=default` +
      `&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${encodeURIComponent(key)}`,
      { zIndex, maxNativeZoom: 18, maxZoom: 19 });
    const base = layer("vec", 2);
    base.once("tileerror", fail);
    return L.layerGroup([base, layer("cva", 2)]);
  };

  // Names of areas, heaviest first; a name that would touch another is left out at this zoom.
  c15.namesLayer = function (map, data) {
    const layer = L.layerGroup();
    const named = data.areas
      .filter((area) => area.name && area.at && area.level !== "study")
      .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
    const hasDistricts = named.some((area) => area.level === "district");
    layer.refit = () => {
      layer.clearLayers();
      const taken = [];
      const zoom = map.getZoom();
      for (const area of named) {
        if (zoom < 12 || zoom > 17 || (hasDistricts && (area.level === "district") !== zoom < 14)) continue;
        const place = L.latLng(area.at[1] * data.degrees, area.at[0] * data.degrees);
        const { x, y } = map.project(place, zoom);
        const half = [...area.name].reduce((width, letter) => width + (letter > "\u2e7f" ? 13 : 7), 6) / 2;
        if (taken.some((box) => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < 18)) continue;
        taken.push({ x, y, half });
        const html = c15.make("span", { class: "area-name " + area.level }, c15.name(area.name));
        const icon = L.divIcon({ html, className: "name-holder", iconSize: [0, 0] });
        layer.addLayer(L.marker(place, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }));
      }
    };
    layer.refit();
    return layer;
  };

  // A ring around what is chosen: white below black, seen on every colour.
  c15.chosenLayer = function (data, chosen, placeOf) {
    const layer = L.layerGroup();
    if (!chosen || chosen.type === "area") return layer;
    const around = { fill: false, interactive: false };
    const add = (make) => {
      layer.addLayer(make({ ...around, color: "#ffffff", weight: 7 }));
      layer.addLayer(make({ ...around, color: "#000000", weight: 3 }));
    };
    const shapes = c15.shapesOf(data, chosen);
    const i = chosen.index;
    if (!shapes) {
      add((style) => L.circleMarker(placeOf(chosen), { ...style, radius: 11 }));
      return layer;
    }
    if (shapes.start[shapes.from[i] + 1] - shapes.start[shapes.from[i]] === 1) {
      add((style) => L.circleMarker(pointOf(shapes, i), { ...style, radius: 11 }));
    } else {
      add((style) => L.polygon(ringsOf(shapes, i), style));
    }
    return layer;
  };
})(globalThis.circle15);
