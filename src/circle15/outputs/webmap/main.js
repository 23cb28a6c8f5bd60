// The page: one state, changed in one place, and every part drawn from it.
(function (c15) {
  "use strict";

  const element = (id) => document.getElementById(id);

  function message(key) {
    const box = element("message");
    box.hidden = key === null;
    if (key !== null) box.textContent = c15.say(key);
  }

  // The kind to begin with: the plan's first, else the one with most residences in gap, else the first.
  function firstKind(data) {
    if (data.plan.kinds.length && data.plan.kinds[0].length) return data.plan.kinds[0][0];
    const gap = data.statuses.findIndex((status) => status.id === "gap");
    const residences = data.access.map(({ status }) => status.filter((s) => s === gap).length);
    return residences.indexOf(Math.max(...residences));
  }

  // How each residence looks for a kind (null: by score), and in which order they are drawn: gaps last, on top.
  function residenceLooks(data, kind) {
    const indices = Int32Array.from(data.residences.weight, (_, i) => i);
    if (kind === null) {
      const { classes, colours, covered } = data.score;
      const styles = colours.map((colour) => ({ colour, line: "#5b7a9c", ink: "#000000", path: "", letter: "" }));
      const classOf = Uint8Array.from({ length: 28 }, (_, score) => c15.scoreClass(classes, score));
      return { order: indices, style: (i) => styles[classOf[covered[i]]] };
    }
    const { status } = data.access[kind];
    const layers = ["off_network", "covered", "unknown", "possible", "gap"].map((id) => data.statuses.findIndex((style) => style.id === id));
    const order = Int32Array.from(layers.flatMap((layer) => [...indices.filter((i) => status[i] === layer)]));
    return { order, style: (i) => data.statuses[status[i]] };
  }

  function start(data) {
    const state = {
      kind: firstKind(data), area: 0, chosen: null,
      shown: { residences: true, sites: true, gaps: true, plan: true, areas: true },
    };

    const map = L.map("map", {
      preferCanvas: true, attributionControl: false, zoomControl: false, fadeAnimation: false,
      minZoom: 9, maxZoom: 19, zoomSnap: 1, keyboard: true,
    });
    let zoomControl = null;
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);

    const bounds = L.latLngBounds(
      Array.from({ length: data.residences.shapes.n }, (_, i) => c15.middle(data.residences.shapes, i)).map(({ lat, lng }) => [lat, lng]));
    const extent = c15.middle(data.base.extent, 0).bounds;
    const home = bounds.isValid() ? bounds : L.latLngBounds(extent);
    map.fitBounds(home, { padding: [12, 12], animate: false });
    map.setMaxBounds(L.latLngBounds(extent).pad(0.6));

    let looks = residenceLooks(data, state.kind);
    const tiles = {
      ground: new c15.Tiles(c15.paintGround(data.base), { zIndex: 1 }),
      residences: new c15.Tiles(
        c15.paintResidences(data.residences.shapes, data.pattern, () => looks), { zIndex: 2 }),
      extent: new c15.Tiles(c15.paintExtent(data.base), { zIndex: 3 }),
      areas: new c15.Tiles(c15.paintBoundaries(data.base), { zIndex: 4 }),
    };
    const overlays = { gaps: null, sites: null, names: null, plan: null, chosen: null };

    function put(name, layer) {
      if (overlays[name]) overlays[name].remove();
      overlays[name] = layer;
      if (layer) layer.addTo(map);
    }

    function toggle(layer, isShown) {
      if (isShown && !map.hasLayer(layer)) map.addLayer(layer);
      if (!isShown && map.hasLayer(layer)) map.removeLayer(layer);
    }

    const actions = {
      setKind(kind) {
        change({ kind });
      },
      choose(chosen) {
        change({ chosen, ...(chosen && chosen.kind !== undefined ? { kind: chosen.kind } : {}) });
        if (!chosen) {
          element("map").focus({ preventScroll: true });
          return;
        }
        const card = element("details");
        const place = c15.middle(c15.shapesOf(data, chosen), chosen.index);
        if (chosen.move) map.setView(place, Math.max(map.getZoom(), 16), { animate: false });
        // On a wide screen the card lies over the map's right side: what was chosen moves out from under it.
        map.panInside(place, { paddingTopLeft: [50, 50], paddingBottomRight: [isNarrow() ? 50 : card.offsetWidth + 40, 50] });
        card.scrollTop = 0;
        card.querySelector("h2").focus({ preventScroll: true });
        if (isNarrow()) card.scrollIntoView({ block: "start" });
      },
    };

    function isNarrow() {
      return window.matchMedia("(max-width: 760px)").matches;
    }

    function drawMap(changed) {
      if (changed.has("shown") || changed.has("all")) {
        toggle(tiles.ground, true);
        toggle(tiles.extent, true);
        toggle(tiles.residences, state.shown.residences);
        toggle(tiles.areas, state.shown.areas);
      }
      if (changed.has("kind") && !changed.has("all")) {
        looks = residenceLooks(data, state.kind);
        if (map.hasLayer(tiles.residences)) tiles.residences.repaint();
      }
      const { kind, shown } = state;
      const has = (...names) => changed.has("all") || names.some((name) => changed.has(name));
      if (has("kind", "shown")) {
        put("gaps", shown.gaps && kind !== null ? c15.gapAreasLayer(map, data, kind) : null);
        put("sites", shown.sites && kind !== null ? c15.sitesLayer(map, data, kind, actions.choose) : null);
      }
      if (has("kind", "shown", "language")) put("plan", shown.plan ? c15.planLayer(data, kind, actions.choose) : null);
      if (has("shown")) put("names", shown.areas ? c15.namesLayer(map, data) : null);
      if (has("chosen")) put("chosen", c15.chosenLayer(data, state.chosen));
    }

    function drawSidebar(changed) {
      const { kind, area } = state;
      c15.fillKinds(element("kind"), data, kind);
      c15.fillAreas(element("area"), data, area);
      element("legend-title").textContent = c15.say("legend_of", { kind: kind === null ? c15.say("score_short") : c15.pick(data.kinds[kind]) });
      element("legend").replaceChildren(...(kind === null ? c15.scoreLegend(data, area) : c15.statusLegend(data, kind, area)));
      element("plan").replaceChildren(...c15.planList(data, kind, actions.choose));
      // A change of kind keeps the buttons, and so the keyboard's place among them.
      if (changed.size > 1 || !changed.has("kind")) element("overview").replaceChildren(...c15.overview(data, area, actions.setKind));
      for (const button of element("overview").querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.dataset.kind === String(kind)));
      }
    }

    function drawWords() {
      c15.translatePage();
      const thin = c15.thinSentence(data);
      element("thin").hidden = thin === null;
      element("thin").textContent = thin || "";
      element("read").replaceChildren(...c15.readingNotes(data));
      element("completeness").replaceChildren(...c15.completenessNotes(data));
      element("language").lang = c15.language === "zh" ? "en" : "zh-CN";
      // What a study hasn't got needs no switch.
      const has = { gaps: data.gapAreas.id.length > 0, plan: data.plan.id.length > 0, areas: data.areas.some((area) => area.shape !== null) };
      const boxes = ["residences", "sites", "gaps", "plan", "areas"].filter((name) => has[name] !== false).map((name) => {
        const box = c15.make("input", {
          type: "checkbox", id: "show-" + name,
          change: (event) => change({ shown: { ...state.shown, [name]: event.target.checked } }),
        });
        box.checked = state.shown[name];
        return c15.make("label", {}, box, " " + c15.say("show_" + name));
      });
      element("layers").replaceChildren(element("layers").querySelector("legend"), ...boxes);
      if (zoomControl) zoomControl.remove();
      zoomControl = L.control.zoom({ position: "topleft", zoomInTitle: c15.say("zoom_in"), zoomOutTitle: c15.say("zoom_out") }).addTo(map);
    }

    // The only way to change what is shown.
    function change(patch) {
      const changed = new Set(Object.keys(patch));
      Object.assign(state, patch);
      if (changed.has("language") || changed.has("all")) drawWords();
      drawMap(changed);
      if (changed.has("kind") || changed.has("area") || changed.has("language") || changed.has("all")) drawSidebar(changed);
      if (changed.has("chosen") || changed.has("language")) c15.showDetails(element("details"), data, state.chosen, actions);
    }

    element("kind").addEventListener("change", (event) => actions.setKind(event.target.value === "score" ? null : Number(event.target.value)));
    element("area").addEventListener("change", (event) => {
      const area = Number(event.target.value);
      change({ area });
      const { level, shape } = data.areas[area];
      map.fitBounds(shape === null ? home : c15.middle(data.base[level], shape).bounds, { padding: [12, 12] });
    });
    element("language").addEventListener("click", () => {
      c15.language = c15.language === "zh" ? "en" : "zh";
      change({ language: c15.language });
    });

    // What lies at a place of the map: a residence, else the gap area around it.
    function thingAt(place, reachPx) {
      const { x, y } = map.project(place, 0);
      const scale = 2 ** map.getZoom();
      if (state.shown.residences) {
        const i = c15.featureAt(data.residences.shapes, x, y, reachPx / scale);
        if (i >= 0) return { type: "residence", index: i };
      }
      if (state.shown.gaps && state.kind !== null) {
        const i = c15.gapAreaAt(data, state.kind, x, y);
        if (i >= 0) return { type: "gapArea", index: i };
      }
      return null;
    }
    map.on("click", (event) => actions.choose(thingAt(event.latlng, 6)));
    map.on("mousemove", (event) => {
      element("map").classList.toggle("over", thingAt(event.latlng, 2) !== null);
    });
    map.on("zoomend", () => {
      for (const name of ["gaps", "sites", "names"]) if (overlays[name]) overlays[name].refit();
    });
    element("map").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === element("map")) actions.choose(thingAt(map.getCenter(), 60));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state.chosen) actions.choose(null);
    });
    window.addEventListener("beforeprint", () => map.invalidateSize({ animate: false }));

    change({ all: true, kind: state.kind });
    message(null);
    // Two frames on, the map has been painted: marked for those who time it or take its picture.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      performance.mark("circle15-first-frame");
      document.documentElement.dataset.drawn = "";
    }));
    c15.page = { map, data, state, change, actions };
  }

  async function open() {
    c15.setWords(JSON.parse(element("words").textContent));
    if (typeof DecompressionStream === "undefined") return message("too_old");
    let data;
    try {
      data = c15.prepare(await c15.unpack(element("data").textContent));
      data.walk = await c15.unpackWalk(data.walk, element("walk").textContent);
    } catch (error) {
      message("broken");
      throw error;
    }
    return start(data);
  }

  if (typeof document !== "undefined") open();
})(globalThis.circle15);
