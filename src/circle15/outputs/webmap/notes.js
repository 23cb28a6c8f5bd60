// What a reader leaves on the map: comments, and proposals of sites and gates. As values and as GeoJSON; nothing here
// needs a page. A file holds no name, no device and no time.
(function (c15) {
  "use strict";

  const LONGEST = 4000;
  c15.noNotes = { comments: [], proposals: [] };

  // A proposal is called by what it says, so that the same one has the same id on every device (FNV-1a, 32 bits).
  function idOf(features) {
    let hash = 0x811c9dc5;
    for (const letter of JSON.stringify(features)) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
    return "p" + hash.toString(16).padStart(8, "0");
  }

  const rounded = (degrees) => Math.round(degrees * 1e6) / 1e6;

  function pointOf(lon, lat) {
    return { type: "Point", coordinates: [rounded(lon), rounded(lat)] };
  }

  // Where an edit is.
  c15.placeOfEdit = function (data, gates, edit) {
    if (edit.do === "open_site") return { lon: edit.lon, lat: edit.lat };
    if (edit.do === "open_gate") return { lon: gates[edit.gate].lon, lat: gates[edit.gate].lat };
    const j = data.sites.shapes.start[data.sites.shapes.from[edit.site]];
    return { lon: data.sites.shapes.lon[j], lat: data.sites.shapes.lat[j] };
  };

  // The edits of one proposal as features: ids instead of places in this page's lists.
  function editFeatures(data, gates, edits, text) {
    return edits.map((edit) => {
      const { lon, lat } = c15.placeOfEdit(data, gates, edit);
      const kind = edit.kind === null || edit.kind === undefined ? null : data.kinds[edit.kind].id;
      return {
        type: "Feature",
        geometry: pointOf(lon, lat),
        properties: {
          what: "edit", text, proposal: null, do: edit.do, kind,
          site_id: edit.do === "close_site" ? data.sites.id[edit.site] : null,
          gate_id: edit.do === "open_gate" ? gates[edit.gate].id : null,
        },
      };
    });
  }

  c15.proposalId = function (data, gates, { edits, text }) {
    return idOf(editFeatures(data, gates, edits, text));
  };

  // Comments and proposals as a FeatureCollection, ready for JSON.stringify.
  c15.notesToGeoJSON = function (data, gates, notes) {
    const comments = notes.comments.map(({ lon, lat, text }) => ({
      type: "Feature",
      geometry: pointOf(lon, lat),
      properties: { what: "comment", text, proposal: null, do: null, kind: null, site_id: null, gate_id: null },
    }));
    const edits = notes.proposals.flatMap(({ id, edits: made, text }) =>
      editFeatures(data, gates, made, text).map((feature) => ({ ...feature, properties: { ...feature.properties, proposal: id } })));
    return {
      type: "FeatureCollection",
      circle15: { study_id: data.about.studyId, data_date: data.about.dataDate, version: 1 },
      features: [...comments, ...edits],
    };
  };

  function readEdit(data, gates, { lon, lat }, properties) {
    const kind = properties.kind === null || properties.kind === undefined ? null : data.kinds.findIndex(({ id }) => id === properties.kind);
    if (kind === -1) return null;
    if (properties.do === "open_site") return kind === null ? null : { do: "open_site", kind, lon, lat };
    if (properties.do === "close_site") {
      const site = data.sites.id.indexOf(properties.site_id);
      return site < 0 ? null : { do: "close_site", site, kind };
    }
    if (properties.do === "open_gate") {
      const gate = gates.findIndex(({ id }) => id === properties.gate_id);
      return gate < 0 ? null : { do: "open_gate", gate };
    }
    return null;
  }

  // Reads a file back: {notes, refused, why}. `why` is null, "not_ours" or "other_study", where nothing was read;
  // `refused` counts features that name what this map hasn't got.
  c15.notesFromGeoJSON = function (data, gates, text) {
    const nothing = (why) => ({ notes: c15.noNotes, refused: 0, why });
    let file;
    try {
      file = JSON.parse(text);
    } catch {
      return nothing("not_ours");
    }
    if (file?.type !== "FeatureCollection" || file.circle15?.version !== 1 || !Array.isArray(file.features)) return nothing("not_ours");
    if (file.circle15.study_id !== data.about.studyId) return nothing("other_study");
    const comments = [];
    const proposals = new Map();
    let refused = 0;
    for (const feature of file.features) {
      const properties = feature?.properties || {};
      const [lon, lat] = feature?.geometry?.type === "Point" ? feature.geometry.coordinates || [] : [];
      const isPlace = Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lon) <= 180 && Math.abs(lat) <= 85;
      const said = typeof properties.text === "string" ? properties.text.slice(0, LONGEST) : "";
      if (isPlace && properties.what === "comment" && said) {
        comments.push({ lon, lat, text: said });
        continue;
      }
      const isEdit = isPlace && properties.what === "edit" && typeof properties.proposal === "string";
      const edit = isEdit ? readEdit(data, gates, { lon, lat }, properties) : null;
      if (!edit) {
        refused++;
        continue;
      }
      const proposal = proposals.get(properties.proposal) || { id: "", text: said, edits: [] };
      proposal.edits.push(edit);
      proposals.set(properties.proposal, proposal);
    }
    const read = [...proposals.values()].map((proposal) => ({ ...proposal, id: c15.proposalId(data, gates, proposal) }));
    return { notes: c15.joinNotes(c15.noNotes, { comments, proposals: read }), refused, why: null };
  };

  // Two collections as one, what is the same once.
  c15.joinNotes = function (some, more) {
    const comments = new Map([...some.comments, ...more.comments].map((comment) => [JSON.stringify([comment.lon, comment.lat, comment.text]), comment]));
    const proposals = new Map([...some.proposals, ...more.proposals].map((proposal) => [proposal.id, proposal]));
    return { comments: [...comments.values()], proposals: [...proposals.values()] };
  };

  // The first line of a text, for lists.
  c15.titleOfText = function (text) {
    return text.trim().split("\n")[0].slice(0, 60);
  };

  // Browsers may forbid a page from disk to keep anything: then what is left lasts as long as the page is open.
  c15.keep = function (name, text) {
    try {
      globalThis.localStorage.setItem(name, text);
      return true;
    } catch {
      return false;
    }
  };

  c15.kept = function (name) {
    try {
      return globalThis.localStorage.getItem(name);
    } catch {
      return null;
    }
  };
})(globalThis.circle15);
