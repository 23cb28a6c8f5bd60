"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const map = L.map("map", {preferCanvas: true, attributionControl: false, zoomSnap: 0.5});
  L.geoJSON(data.streets, {interactive: false, style: {color: "#b9b9b4", weight: 1}}).addTo(map);

  // Names are data: they become text nodes, never markup.
  function table(row) {
    const body = document.createElement("table");
    data.columns.forEach((column, i) => {
      const line = body.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = column;
      line.append(head);
      line.insertCell().textContent = data.rows[row][i];
    });
    return body;
  }

  const shapes = L.geoJSON(data.shapes, {
    style: (feature) => ({color: data.colours[feature.id], weight: 2, fillOpacity: 0.45}),
    pointToLayer: (feature, at) => L.circleMarker(at, {radius: 5, fillOpacity: 0.8}),
    onEachFeature: (feature, layer) => layer.bindPopup(() => table(feature.id)),
  }).addTo(map);
  const bounds = shapes.getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, {padding: [16, 16], maxZoom: 18});
  else map.setView([0, 0], 1);
})();
