// The page: one state, changed in one place, and every part drawn from it.
(function (c15) {
  "use strict";

  const element = (id) => document.getElementById(id);
  const NARROW = "(max-width: 760px)";

  function message(key) {
    const box = element("message");
    box.hidden = key === null;
    if (key !== null) box.textContent = c15.say(key);
  }

  // The kind to begin with: the plan's first, else the one with most residences in gap, else the first.
  function firstKind(data) {
    if (data.plan.kinds.length && data.plan.kinds[0].length) return data.plan.kinds[0][0];
    const gap = data.statuses.findIndex((status) => status.id === "gap");
    const residences = data.access.map(({ status }) => status.reduce((n, s) => n + (s === gap), 0));
    return residences.indexOf(Math.max(...residences));
  }

  // Residence indices in the order of their layers, the last layer on top.
  function inLayers(n, nLayers, layerOf) {
    const starts = new Int32Array(nLayers + 1);
    for (let i = 0; i < n; i++) starts[layerOf(i) + 1]++;
    for (let layer = 0; layer < nLayers; layer++) starts[layer + 1] += starts[layer];
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) order[starts[layerOf(i)]++] = i;
    return order;
  }

  // How each residence looks for a kind (null: by the score of a scope), and in which order they are drawn: gaps and
  // changes last, on top. `changed` is what the plan or the proposal changes, or an empty map.
  function residenceLooks(data, { kind, scope }, changed) {
    const n = data.residences.shapes.n;
    const styleOf = Object.fromEntries(data.changes.map((style) => [style.id, style]));
    if (kind === null) {
      const { classes, colours, covered, kinds } = data.scopes[scope];
      const styles = colours.map((colour) => ({ colour, line: "#5b7a9c", ink: "#000000", path: "", letter: "" }));
      const classOf = Uint8Array.from({ length: kinds.length + 1 }, (_, score) => c15.scoreClass(classes, score));
      const ofScope = (i) => (changed.get(i) || []).filter(([k]) => kinds.includes(k));
      const after = (i) => covered[i] + ofScope(i).reduce((sum, [, change]) => sum + (change === "gained" ? 1 : -1), 0);
      const signed = (i) => {
        const changes = ofScope(i);
        const style = styles[classOf[after(i)]];
        if (changes.length === 0) return style;
        const { line, letter } = styleOf[changes[0][1]];
        return { ...style, line, letter, wide: true, ink: line };
      };
      const looks = new Map([...changed.keys()].map((i) => [i, signed(i)]));
      return {
        order: inLayers(n, 2, (i) => (looks.has(i) ? 1 : 0)),
        style: (i) => looks.get(i) || styles[classOf[covered[i]]],
      };
    }
    const { status } = data.access[kind];
    const layers = ["off_network", "covered", "unknown", "possible", "gap"];
    const layerOf = data.statuses.map(({ id }) => layers.indexOf(id));
    const of = (i) => c15.changeOf(changed, i, kind);
    return {
      order: inLayers(n, layers.length + 1, (i) => (changed.size && of(i) ? layers.length : layerOf[status[i]])),
      style: (i) => (changed.size && styleOf[of(i)]) || data.statuses[status[i]],
    };
  }

  function start(data) {
    const kind = firstKind(data);
    const state = {
      kind, scope: 0, area: 0, chosen: null, route: null, when: "now",
      shown: { residences: true, sites: true, gaps: true, plan: true, areas: true, tianditu: Boolean(data.about.tianditu) },
      draft: { edits: [], text: "" }, trial: null, editKind: kind, picking: null, showGates: false,
      notes: c15.noNotes, isKept: false, said: "", tiandituFailed: false,
    };
    const planned = c15.planChanges(data);
    const nothing = new Map();
    let engine = null;
    const page = {
      data, state, change, engine: () => engine, gates: () => (engine ? engine.gates : []), changed: () => changedNow(),
    };

    const map = L.map("map", {
      preferCanvas: true, attributionControl: false, zoomControl: false, fadeAnimation: false,
      minZoom: 9, maxZoom: 19, zoomSnap: 1, keyboard: true,
      zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    let zoomControl = null;
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);

    const bounds = L.latLngBounds(
      Array.from({ length: data.residences.shapes.n }, (_, i) => c15.middle(data.residences.shapes, i)).map(({ lat, lng }) => [lat, lng]));
    const extent = c15.middle(data.base.extent, 0).bounds;
    const home = bounds.isValid() ? bounds : L.latLngBounds(extent);
    map.fitBounds(home, { padding: [12, 12], animate: false });
    map.setMaxBounds(L.latLngBounds(extent).pad(0.6));

    const changedNow = () => ({ now: nothing, plan: planned, trial: state.trial ? state.trial.changed : nothing })[state.when];
    let looks = residenceLooks(data, state, nothing);
    const tiles = {
      ground: new c15.Tiles(c15.paintGround(data.base), { zIndex: 1 }),
      residences: new c15.Tiles(
        c15.paintResidences(data.residences.shapes, data.pattern, () => looks), { zIndex: 3 }),
      extent: new c15.Tiles(c15.paintExtent(data.base), { zIndex: 4 }),
      areas: new c15.Tiles(c15.paintBoundaries(data.base), { zIndex: 5 }),
    };
    const tianditu = data.about.tianditu ? c15.tiandituLayers(data.about.tianditu, () => change({ tiandituFailed: true })) : null;
    const overlays = {
      circle: null, gaps: null, route: null, sites: null, names: null, plan: null, gates: null, draft: null, comments: null, chosen: null,
    };

    function put(name, layer) {
      if (overlays[name]) overlays[name].remove();
      overlays[name] = layer;
      if (layer) layer.addTo(map);
    }

    function toggle(layer, isShown) {
      if (isShown && !map.hasLayer(layer)) map.addLayer(layer);
      if (!isShown && map.hasLayer(layer)) map.removeLayer(layer);
    }

    // Where something chosen is: {lat, lng, bounds}; null where it has no place of its own.
    function placeOf(chosen) {
      const point = ({ lat, lon }) => ({ lat, lng: lon, bounds: [[lat, lon], [lat, lon]] });
      if (chosen.type === "area") {
        const { level, shape } = data.areas[chosen.index];
        return shape === null ? null : c15.middle(data.base[level], shape);
      }
      if (chosen.type === "newComment") return point(chosen);
      if (chosen.type === "comment") return point(state.notes.comments[chosen.index]);
      if (chosen.type === "gate") return point(engine.gates[chosen.index]);
      return c15.middle(c15.shapesOf(data, chosen), chosen.index);
    }

    const actions = {
      setKind(kind, scope = 0) {
        change({ kind, scope, ...(kind === null ? {} : { editKind: kind }) });
      },
      setArea(area) {
        change({ area });
        const { level, shape } = data.areas[area];
        map.fitBounds(shape === null ? home : c15.middle(data.base[level], shape).bounds, { padding: [12, 12], animate: false });
      },
      choose(chosen) {
        const wasChosen = state.chosen !== null;
        change({ chosen, route: null, ...(chosen && chosen.kind !== undefined ? { kind: chosen.kind, scope: 0 } : {}) });
        if (!chosen) {
          if (wasChosen) element("map").focus({ preventScroll: true });
          return;
        }
        const card = element("details");
        if (chosen.type === "area") actions.setArea(chosen.index);
        else {
          const place = placeOf(chosen);
          if (chosen.move) map.setView(place, Math.max(map.getZoom(), 16), { animate: false });
          // On a wide screen the card lies over the map's right side: what was chosen moves out from under it.
          map.panInside(place, { paddingTopLeft: [50, 50], paddingBottomRight: [isNarrow() ? 50 : card.offsetWidth + 40, 50] });
        }
        card.scrollTop = 0;
        card.querySelector("h2").focus({ preventScroll: true });
        if (isNarrow()) card.scrollIntoView({ block: "start" });
      },
      // The walk from the chosen residence to the site of a kind; pressed again, it goes away.
      showRoute(k) {
        change({ route: state.route === k ? null : k });
        const line = overlays.route?.bounds;
        if (line) map.fitBounds(line, { paddingTopLeft: [40, 40], paddingBottomRight: [isNarrow() ? 40 : element("details").offsetWidth + 40, 40], maxZoom: 17, animate: false });
      },
    };
    page.actions = Object.assign(actions, c15.consultActions(page));

    function isNarrow() {
      return window.matchMedia(NARROW).matches;
    }

    function drawMap(changed) {
      const { kind, shown } = state;
      const has = (...names) => changed.has("all") || names.some((name) => changed.has(name));
      if (has("shown")) {
        toggle(tiles.ground, true);
        toggle(tiles.extent, true);
        toggle(tiles.residences, shown.residences);
        toggle(tiles.areas, shown.areas);
        if (tianditu) toggle(tianditu, shown.tianditu);
      }
      if (has("kind", "scope", "when", "trial") && !changed.has("all")) {
        looks = residenceLooks(data, state, changedNow());
        if (map.hasLayer(tiles.residences)) tiles.residences.repaint();
      }
      if (has("kind", "shown")) {
        put("gaps", shown.gaps && kind !== null ? c15.gapAreasLayer(map, data, kind) : null);
        put("sites", shown.sites && kind !== null ? c15.sitesLayer(map, data, kind, actions.choose) : null);
      }
      if (has("kind", "shown", "language")) put("plan", shown.plan ? c15.planLayer(data, kind, actions.choose) : null);
      if (has("shown", "language")) put("names", shown.areas ? c15.namesLayer(map, data) : null);
      if (has("showGates", "draft", "language")) put("gates", engine && state.showGates ? c15.gatesLayer(engine.gates, state.draft.edits, actions.choose) : null);
      if (has("draft", "language")) put("draft", c15.draftLayer(data, page.gates(), state.draft.edits));
      if (has("notes", "language")) put("comments", c15.commentsLayer(state.notes.comments, actions.choose));
      if (has("chosen", "notes")) {
        put("chosen", c15.chosenLayer(data, state.chosen, placeOf));
        put("circle", engine && state.chosen?.type === "residence" ? c15.circleLayer(map, engine, data, state.chosen.index) : null);
      }
      if (has("chosen", "route")) {
        put("route", state.route !== null && state.chosen?.type === "residence" ? c15.routeLayer(engine, state.chosen.index, state.route) : null);
      }
    }

    function drawSidebar(changed) {
      const { kind, area, scope } = state;
      c15.fillKinds(element("kind"), data, kind, scope);
      c15.fillAreas(element("area"), data, area);
      element("legend-title").textContent = c15.say("legend_of", { kind: c15.pick(kind === null ? data.scopes[scope] : data.kinds[kind]) });
      element("legend").replaceChildren(
        ...(kind === null ? c15.scoreLegend(data, scope, area) : c15.statusLegend(data, kind, area)),
        ...c15.changeLegend(data, state, changedNow()));
      c15.refill(element("when"), c15.whenChoices(data, state, (when) => change({ when })));
      element("when").hidden = data.plan.id.length === 0 && !state.trial;
      c15.refill(element("plan"), c15.planList(data, kind, actions.choose));
      // A change of kind keeps the buttons, and so the keyboard's place among them.
      if (changed.has("area") || changed.has("language") || changed.has("all")) {
        element("overview").replaceChildren(...c15.overview(data, area, actions.setKind));
      }
      for (const button of element("overview").querySelectorAll("button")) {
        const isPressed = kind === null ? button.dataset.scope === String(scope) : button.dataset.kind === String(kind);
        button.setAttribute("aria-pressed", String(isPressed));
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
      const has = {
        gaps: data.gapAreas.id.length > 0, plan: data.plan.id.length > 0, areas: data.areas.some((area) => area.shape !== null),
        tianditu: tianditu !== null,
      };
      const boxes = Object.keys(state.shown).filter((name) => has[name] !== false).map((name) => {
        const box = c15.make("input", {
          type: "checkbox", id: "show-" + name,
          change: (event) => change({ shown: { ...state.shown, [name]: event.target.checked } }),
        });
        box.checked = state.shown[name];
        return c15.make("label", {}, box, " " + c15.say("show_" + name));
      });
      const failed = state.tiandituFailed ? [c15.make("p", { class: "hint", role: "status" }, c15.say("tianditu_failed"))] : [];
      element("layers").replaceChildren(element("layers").querySelector("legend"), ...boxes, ...failed);
      if (zoomControl) zoomControl.remove();
      zoomControl = L.control.zoom({ position: "topleft", zoomInTitle: c15.say("zoom_in"), zoomOutTitle: c15.say("zoom_out") }).addTo(map);
    }

    // The only way to change what is shown.
    function change(patch) {
      const changed = new Set(Object.keys(patch));
      Object.assign(state, patch);
      const has = (...names) => changed.has("all") || names.some((name) => changed.has(name));
      if (has("language", "tiandituFailed")) drawWords();
      drawMap(changed);
      if (has("kind", "scope", "area", "language", "when", "trial")) drawSidebar(changed);
      if (has("draft", "trial", "editKind", "picking", "showGates", "language", "engine", "kind")) c15.proposalPanel(element("proposal"), page);
      if (has("notes", "isKept", "said", "picking", "language", "engine")) c15.notesPanel(element("notes"), page);
      if (has("picking", "language")) {
        element("map").classList.toggle("picking", state.picking !== null);
        element("picking").hidden = state.picking === null;
        element("picking").textContent = state.picking === null ? "" : c15.say("picking_" + state.picking);
      }
      const isCardStale = state.chosen !== null && has("when", "trial", "draft", "engine", "route");
      if (has("chosen", "language") || isCardStale) c15.showDetails(element("details"), page);
    }

    element("kind").addEventListener("change", (event) => {
      const [what, id] = event.target.value.split(" ");
      if (what === "scope") actions.setKind(null, Number(id));
      else actions.setKind(Number(id));
    });
    element("area").addEventListener("change", (event) => actions.setArea(Number(event.target.value)));
    element("language").addEventListener("click", () => {
      c15.language = c15.language === "zh" ? "en" : "zh";
      change({ language: c15.language });
    });
    element("print").addEventListener("click", () => window.print());
    c15.searchBox(element("search"), element("found"), element("search-said"), data, actions.choose);

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
    map.on("click", (event) => {
      if (state.picking) actions.place(event.latlng);
      else actions.choose(thingAt(event.latlng, 6));
    });
    map.on("mousemove", (event) => {
      element("map").classList.toggle("over", !state.picking && thingAt(event.latlng, 2) !== null);
    });
    map.on("zoomend", () => {
      for (const layer of Object.values(overlays)) if (layer && layer.refit) layer.refit();
    });
    element("map").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== element("map")) return;
      if (state.picking) actions.place(map.getCenter());
      else actions.choose(thingAt(map.getCenter(), 60));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (state.picking) change({ picking: null });
      else if (state.chosen) actions.choose(null);
    });
    // On paper the map has a size of its own, and shows the same middle.
    const onPaper = (isPrinted) => {
      const centre = map.getCenter();
      document.documentElement.classList.toggle("paper", isPrinted);
      map.invalidateSize({ animate: false, pan: false });
      map.setView(centre, map.getZoom(), { animate: false });
    };
    window.addEventListener("beforeprint", () => onPaper(true));
    window.addEventListener("afterprint", () => onPaper(false));

    change({ all: true, kind: state.kind });
    message(null);
    c15.page = Object.assign(page, { map });
    // Two frames on, the map has been painted: marked for those who time it or take its picture. The engine, which
    // nobody needs before, is made then.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      performance.mark("circle15-first-frame");
      document.documentElement.dataset.drawn = "";
      setTimeout(async () => {
        engine = await engineOf(data);
        change({ engine: true, draft: state.draft });
        actions.recall();
        document.documentElement.dataset.ready = "";
      }, 0);
    }));
  }

  // The engine of walk.js and trial.js; null where the page has no walk network.
  async function engineOf(data) {
    if (!c15.makeEngine) return null;
    try {
      if (c15.unpackWalk) data.walk = await c15.unpackWalk(data.walk, element("walk").textContent);
      return c15.makeEngine(data);
    } catch (error) {
      message("broken");
      throw error;
    }
  }

  async function open() {
    c15.setWords(JSON.parse(element("words").textContent));
    if (typeof DecompressionStream === "undefined") return message("too_old");
    let data;
    try {
      data = c15.prepare(await c15.unpack(element("data").textContent));
    } catch (error) {
      message("broken");
      throw error;
    }
    return start(data);
  }

  if (typeof document !== "undefined") open();
})(globalThis.circle15);
