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

  // The shapes among which something chosen, {type, index}, is found.
  c15.shapesOf = function (data, chosen) {
    return { residence: data.residences, site: data.sites, gapArea: data.gapAreas, plan: data.plan }[chosen.type].shapes;
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
      const pin = c15.make("span", { class: "pin" + (isOfKind ? "" : " faint") }, c15.make("b", {}, String(rank)));
      const label = c15.say("plan_item", { rank });
      const icon = L.divIcon({ html: pin, className: "pin-holder", iconSize: [28, 36], iconAnchor: [14, 35] });
      const marker = L.marker(pointOf(data.plan.shapes, i), { icon, title: label, alt: label, zIndexOffset: 1000 - rank });
      marker.on("click", () => choose({ type: "plan", index: i }));
      marker.on("keypress", (event) => {
        if (event.originalEvent.key === "Enter") choose({ type: "plan", index: i });
      });
      layer.addLayer(marker);
    });
    return layer;
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
  c15.chosenLayer = function (data, chosen) {
    const layer = L.layerGroup();
    if (!chosen) return layer;
    const around = { fill: false, interactive: false };
    const add = (make) => {
      layer.addLayer(make({ ...around, color: "#ffffff", weight: 7 }));
      layer.addLayer(make({ ...around, color: "#000000", weight: 3 }));
    };
    const shapes = c15.shapesOf(data, chosen);
    const i = chosen.index;
    if (shapes.start[shapes.from[i] + 1] - shapes.start[shapes.from[i]] === 1) {
      add((style) => L.circleMarker(pointOf(shapes, i), { ...style, radius: 11 }));
    } else {
      add((style) => L.polygon(ringsOf(shapes, i), style));
    }
    return layer;
  };
})(globalThis.circle15);
