// The panel in which a reader tries a proposal, and what is left on the map: drafts, saved proposals, comments.
(function (c15) {
  "use strict";
  const { make } = c15;

  c15.editText = function (data, gates, edit) {
    const kind = edit.kind === null || edit.kind === undefined ? null : c15.pick(data.kinds[edit.kind]);
    if (edit.do === "open_site") return [c15.say("edit_open_site", { kind })];
    if (edit.do === "open_gate") return [c15.say("edit_open_gate") + " ", c15.name(gates[edit.gate].id)];
    const site = c15.name(data.sites.name[edit.site] || data.sites.id[edit.site]);
    return [c15.say(kind ? "edit_close_kind" : "edit_close_site", { kind }) + " ", site];
  };

  // Gains and losses as two figures with their signs.
  function figures(sums) {
    return ["gained", "lost"].map((change) => make("span", { class: "change " + change },
      (sums[change].n === 0 ? "" : change === "gained" ? "+" : "−") + c15.amount(sums[change].weight)));
  }

  // What a proposal changes: in all, by kind, and by community, as the engine counted it.
  function outcome(data, trial) {
    if (trial.kinds.length === 0) return [make("p", {}, c15.say("trial_nothing"))];
    const rows = (entries, nameOf) => entries.map((entry) => make("tr", {},
      make("th", { scope: "row" }, ...nameOf(entry)), ...figures(entry).map((figure) => make("td", {}, figure))));
    const head = make("thead", {}, make("tr", {}, make("th", { scope: "col" }, c15.say("trial_where")),
      make("th", { scope: "col" }, c15.say("trial_gained")), make("th", { scope: "col" }, c15.say("trial_lost"))));
    const several = trial.kinds.length > 1;
    const size = ({ gained, lost }) => gained.weight + lost.weight;
    const communities = [...trial.communities].sort((a, b) => size(b) - size(a) || a.area - b.area || a.k - b.k);
    return [
      make("p", { class: "outcome" }, c15.say("trial_total", {
        gained: c15.amount(trial.total.gained.weight), lost: c15.amount(trial.total.lost.weight), weight: c15.pick(data.about.weight),
      })),
      make("table", { class: "trial" }, make("caption", { class: "unseen" }, c15.say("trial_table")), head,
        make("tbody", {}, ...rows(trial.kinds, ({ k }) => [make("b", {}, c15.pick(data.kinds[k]))])),
        make("tbody", {}, ...rows(communities, ({ area, k }) =>
          [c15.name(c15.areaName(data.areas[area])), ...(several ? [make("small", {}, " · " + c15.pick(data.kinds[k]))] : [])]))),
    ];
  }

  // Puts children into a box, and the keyboard back on the element that had the same id.
  c15.refill = function (box, children) {
    const id = box.contains(document.activeElement) ? document.activeElement.id : "";
    box.replaceChildren(...children);
    if (id) document.getElementById(id)?.focus({ preventScroll: true });
  };

  function savedList(page) {
    const { data, state, actions } = page;
    const gates = page.gates();
    const entry = (title, press, drop) => make("li", {},
      make("button", { type: "button", class: "link", click: press }, c15.name(title)), " ",
      make("button", { type: "button", class: "small", "aria-label": c15.say("delete") + "：" + title, click: drop }, c15.say("delete")));
    const proposals = state.notes.proposals.map((proposal) => entry(
      c15.titleOfText(proposal.text) || c15.say("proposal_of", { n: proposal.edits.length }),
      () => actions.openProposal(proposal), () => actions.dropProposal(proposal.id)));
    const comments = state.notes.comments.map((comment, i) => entry(
      c15.titleOfText(comment.text), () => actions.choose({ type: "comment", index: i, move: true }), () => actions.dropComment(i)));
    if (proposals.length + comments.length === 0) return [make("p", { class: "hint" }, c15.say("saved_none"))];
    return [
      proposals.length ? make("h3", {}, c15.say("saved_proposals")) : null,
      proposals.length ? make("ul", { class: "saved" }, ...proposals) : null,
      comments.length ? make("h3", {}, c15.say("saved_comments")) : null,
      comments.length ? make("ul", { class: "saved" }, ...comments) : null,
      gates === null ? null : make("p", {}, make("button", { type: "button", id: "export", click: actions.exportNotes }, c15.say("export"))),
    ].filter(Boolean);
  }

  c15.proposalPanel = function (box, page) {
    const { data, state, actions, engine } = page;
    const gates = page.gates();
    const { draft } = state;
    const press = (id, key, click, more = {}) => make("button", { type: "button", id, click, ...more }, c15.say(key));
    const picks = (what) => ({ "aria-pressed": String(state.picking === what) });
    const kinds = make("select", { id: "edit-kind", change: (event) => actions.setEditKind(Number(event.target.value)) });
    for (const group of c15.groupsOf(data.kinds)) {
      kinds.append(make("optgroup", { label: c15.pick(group) },
        ...group.kinds.map((k) => make("option", { value: String(k) }, c15.pick(data.kinds[k])))));
    }
    kinds.value = String(state.editKind);
    const edits = draft.edits.map((edit, i) => make("li", {}, make("span", {}, ...c15.editText(data, gates, edit)), " ",
      press("drop-edit-" + i, "remove", () => actions.dropEdit(i), { class: "small" })));
    const text = make("textarea", { id: "proposal-text", rows: "3", maxlength: "4000", input: (event) => actions.setDraftText(event.target.value) });
    text.value = draft.text;
    const merged = data.about.leastShown > 0 ? make("p", { class: "hint" }, c15.say("trial_merged", { n: c15.amount(data.about.leastShown) })) : null;

    c15.refill(box, [
      make("p", {}, c15.say(engine() ? "try_hint" : "try_no_engine")),
      merged,
      make("div", { class: "field" }, make("label", { for: "edit-kind" }, c15.say("kind")), kinds),
      make("p", { class: "buttons" },
        press("pick-site", "try_put", () => actions.pickPlace("open_site"), picks("open_site")),
        gates.length ? press("show-gates", "try_gates", actions.toggleGates, { "aria-pressed": String(state.showGates) }) : null),
      make("p", { class: "hint" }, c15.say("try_close_hint")),
      edits.length ? make("ol", { class: "edits" }, ...edits) : null,
      edits.length ? make("p", { class: "buttons" }, press("undo", "undo", actions.undo), press("clear", "clear", actions.clearDraft)) : null,
      make("div", { id: "outcome", role: "status" }, ...(state.trial && edits.length ? outcome(data, state.trial) : [])),
      edits.length ? make("label", { for: "proposal-text" }, c15.say("proposal_text")) : null,
      edits.length ? text : null,
      edits.length ? make("p", { class: "buttons" }, press("save-proposal", "save_proposal", actions.saveProposal)) : null,
    ].filter(Boolean));
  };

  c15.notesPanel = function (box, page) {
    const { state, actions } = page;
    const file = make("input", { type: "file", id: "import", class: "unseen", accept: ".geojson,.json,application/geo+json", change: (event) => actions.importNotes(event.target) });
    c15.refill(box, [
      make("p", {}, c15.say("comment_hint")),
      make("p", { class: "buttons" }, make("button", {
        type: "button", id: "pick-comment", "aria-pressed": String(state.picking === "comment"), click: () => actions.pickPlace("comment"),
      }, c15.say("comment_put"))),
      ...savedList(page),
      make("p", { class: "hint" }, c15.say(state.isKept ? "kept_here" : "kept_nowhere")),
      make("p", {}, file, make("label", { for: "import", class: "button" }, c15.say("import"))),
      make("p", { id: "notes-said", role: "status" }, state.said || ""),
    ]);
  };

  // What changes the draft, the comments and what is kept on the device.
  c15.consultActions = function (page) {
    const { data, state } = page;
    const change = (patch) => page.change(patch);
    const store = () => "circle15 " + data.about.studyId;
    const text = () => JSON.stringify(c15.notesToGeoJSON(data, page.gates(), state.notes));

    function setDraft(draft) {
      const engine = page.engine();
      const trial = engine && draft.edits.length ? engine.trial(draft.edits) : null;
      const when = trial ? "trial" : state.when === "trial" ? "now" : state.when;
      change({ draft, trial, when, picking: null });
    }

    function setNotes(notes, said = "") {
      state.notes = notes;
      change({ notes, isKept: c15.keep(store(), text()), said });
    }

    return {
      // Kept notes come back when the page opens; the page's lists, and so the engine, must be there by then.
      recall() {
        const kept = c15.kept(store());
        if (kept) change({ notes: c15.notesFromGeoJSON(data, page.gates(), kept).notes });
        change({ isKept: kept !== null || c15.keep(store(), text()) });
      },
      setEditKind: (editKind) => change({ editKind }),
      pickPlace(what) {
        change({ picking: state.picking === what ? null : what });
        if (state.picking) document.getElementById("map").focus({ preventScroll: false });
      },
      toggleGates: () => change({ showGates: !state.showGates }),
      place({ lat, lng }) {
        const [lat6, lon6] = [Math.round(lat * 1e6) / 1e6, Math.round(lng * 1e6) / 1e6];
        if (state.picking === "open_site") {
          setDraft({ ...state.draft, edits: [...state.draft.edits, { do: "open_site", kind: state.editKind, lon: lon6, lat: lat6 }] });
        } else {
          change({ picking: null });
          page.actions.choose({ type: "newComment", lat: lat6, lon: lon6 });
        }
      },
      addEdit: (edit) => setDraft({ ...state.draft, edits: [...state.draft.edits, edit] }),
      dropEdit: (i) => setDraft({ ...state.draft, edits: state.draft.edits.filter((_, j) => j !== i) }),
      undo: () => setDraft({ ...state.draft, edits: state.draft.edits.slice(0, -1) }),
      clearDraft: () => setDraft({ edits: [], text: "" }),
      setDraftText(said) {
        state.draft = { ...state.draft, text: said };
      },
      saveProposal() {
        const proposal = { ...state.draft, id: c15.proposalId(data, page.gates(), state.draft) };
        setNotes(c15.joinNotes(state.notes, { comments: [], proposals: [proposal] }), c15.say("saved_said"));
      },
      openProposal: ({ edits, text: said }) => setDraft({ edits, text: said }),
      dropProposal: (id) => setNotes({ ...state.notes, proposals: state.notes.proposals.filter((one) => one.id !== id) }),
      saveComment({ lat, lon }, said) {
        if (!said.trim()) return;
        setNotes(c15.joinNotes(state.notes, { comments: [{ lat, lon, text: said.trim() }], proposals: [] }), c15.say("saved_said"));
        page.actions.choose(null);
      },
      dropComment(i) {
        if (state.chosen?.type === "comment") page.actions.choose(null);
        setNotes({ ...state.notes, comments: state.notes.comments.filter((_, j) => j !== i) });
      },
      exportNotes() {
        const address = URL.createObjectURL(new Blob([text()], { type: "application/geo+json" }));
        const link = make("a", { href: address, download: `circle15-${data.about.studyId}-comments.geojson` });
        link.click();
        setTimeout(() => URL.revokeObjectURL(address), 10000);
      },
      async importNotes(input) {
        const [file] = input.files;
        if (!file) return;
        const read = c15.notesFromGeoJSON(data, page.gates(), await file.text());
        if (read.why) return change({ notes: state.notes, said: c15.say("import_" + read.why) });
        const n = read.notes.comments.length + read.notes.proposals.length;
        return setNotes(c15.joinNotes(state.notes, read.notes), c15.say("import_done", { n, refused: read.refused }));
      },
    };
  };
})(globalThis.circle15);
