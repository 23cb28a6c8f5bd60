// The panel beside the map: what to show, the legend with its figures, the plan, all kinds, and how to read it.
(function (c15) {
  "use strict";
  const { make } = c15;

  function areaName(area) {
    if (area.level === "study") return c15.say("level_study");
    if (area.merged) return c15.say("others_" + area.level);
    if (area.id === "none" && !area.name) return c15.say("none_" + area.level);
    return area.name || area.id;
  }
  c15.areaName = areaName;

  const kindName = c15.pick;

  c15.limit = function (about) {
    return c15.say(about.hasRural ? "limit_both" : "limit_urban", { urban: about.minutesUrban, rural: about.minutesRural });
  };

  function groupsOf(kinds) {
    const groups = new Map();
    kinds.forEach((kind, k) => {
      if (!groups.has(kind.group)) groups.set(kind.group, { zh: kind.groupZh, en: kind.groupEn, kinds: [] });
      groups.get(kind.group).kinds.push(k);
    });
    return [...groups.values()];
  }
  c15.groupsOf = groupsOf;

  // The whole score, a group or a service category, or one kind: "scope 0", "kind 26".
  c15.fillKinds = function (select, data, kind, scope) {
    const option = (value, text) => make("option", { value }, text);
    const groups = groupsOf(data.kinds);
    const scopes = data.scopes.map((one, s) => option("scope " + s, s === 0 ? c15.say("score") : c15.say("score_of", { scope: c15.pick(one), n: one.kinds.length })));
    select.replaceChildren(
      scopes[0],
      make("optgroup", { label: c15.say("groups") }, ...scopes.slice(1, 1 + groups.length)),
      make("optgroup", { label: c15.say("services") }, ...scopes.slice(1 + groups.length)),
      ...groups.map((group) =>
        make("optgroup", { label: c15.pick(group) }, ...group.kinds.map((k) => option("kind " + k, kindName(data.kinds[k]))))),
    );
    select.value = kind === null ? "scope " + scope : "kind " + kind;
  };

  // Does the study have areas of this level, or only residences in none of them?
  c15.hasLevel = function (data, level) {
    return data.areas.some((area) => area.level === level && area.id !== "none");
  };

  c15.fillAreas = function (select, data, area) {
    const option = (a) => make("option", { value: String(a) }, areaName(data.areas[a]));
    const children = [];
    for (const level of ["study", "district", "community"]) {
      const of = data.areas.map((_, a) => a).filter((a) => data.areas[a].level === level);
      if (level === "study") children.push(...of.map(option));
      else if (c15.hasLevel(data, level)) children.push(make("optgroup", { label: c15.say("level_" + level) }, ...of.map(option)));
    }
    select.replaceChildren(...children);
    select.value = String(area);
  };

  function row(cells, tag = "td") {
    return make("tr", {}, ...cells.map((cell, i) => make(i === 0 ? "th" : tag, { scope: i === 0 ? "row" : null }, ...[cell].flat())));
  }

  function headRow(texts) {
    return make("thead", {}, make("tr", {}, ...texts.map((text) => make("th", { scope: "col" }, text))));
  }

  function denominator(data, area) {
    const counted = data.areas[area];
    return make("p", { class: "hint" }, c15.say("denominator", {
      area: counted.level === "study" ? c15.say("study_inline") : areaName(counted), weight: c15.pick(data.about.weight), total: c15.amount(counted.weight),
      n: c15.number(counted.n), limit: c15.limit(data.about),
    }));
  }

  function legendHead(data, first) {
    const weight = c15.say("short_" + data.about.weightMeaning);
    const counted = data.areas[0].counts === null ? [] : [c15.say("residences")];
    return headRow([first, c15.say("share"), weight, ...counted]);
  }

  // The five statuses with share of weight, weight and residences, as the areas frame has them.
  c15.statusLegend = function (data, kind, area) {
    const { shares, amounts, counts } = data.areas[area];
    const rows = data.statuses.map((style, s) => {
      const entry = row([
        [c15.swatch(style, data.pattern), make("b", { class: "code" }, style.letter), " ", make("span", {}, ...c15.bothLanguages(style))],
        shares[kind][s], c15.amount(amounts[kind][s]), ...(counts === null ? [] : [c15.number(counts[kind][s])]),
      ]);
      entry.dataset.status = style.id;
      entry.title = c15.language === "zh" ? style.readZh : style.readEn;
      return entry;
    });
    const signs = make("p", { class: "signs" },
      make("span", { class: "dot full", "aria-hidden": "true" }), c15.say("site_confirmed"), " ",
      make("span", { class: "dot hollow", "aria-hidden": "true" }), c15.say("site_other"));
    return [
      make("table", { class: "legend" }, legendHead(data, c15.say("status")), make("tbody", {}, ...rows)),
      denominator(data, area), signs,
    ];
  };

  // Classes of how many kinds of a scope are covered, with share of weight, weight and residences.
  c15.scoreLegend = function (data, scope, area) {
    const { id, classes, colours, kinds } = data.scopes[scope];
    const { weight, n, mean } = data.areas[area].scores[id];
    const sum = (counts, [low, high]) => counts.slice(low, high + 1).reduce((whole, part) => whole + part, 0);
    const rows = classes.map(([low, high], c) => {
      const entry = row([
        [c15.plainSwatch(colours[c]), make("span", {}, low === high ? c15.say("kinds_one", { n: low }) : c15.say("kinds_count", { low, high }))],
        c15.percent(sum(weight, [low, high]) / data.areas[area].weight), c15.amount(sum(weight, [low, high])),
        ...(n === null ? [] : [c15.number(sum(n, [low, high]))]),
      ]);
      entry.dataset.class = String(c);
      return entry;
    }).reverse();
    const [confirmed, possible, worst] = (mean || []).map((count) => c15.number(count, 1));
    return [
      make("table", { class: "legend" }, legendHead(data, c15.say("score_short")), make("tbody", {}, ...rows)),
      mean && make("p", {}, c15.say("score_mean", { confirmed, possible, worst, n: kinds.length })),
      denominator(data, area),
    ].filter(Boolean);
  };

  // Today, with the plan, or with the reader's proposal: what the map shows.
  c15.whenChoices = function (data, state, setWhen) {
    const choices = ["now", ...(data.plan.id.length ? ["plan"] : []), ...(state.trial ? ["trial"] : [])];
    return [
      make("legend", {}, c15.say("when")),
      ...choices.map((when) => {
        const box = make("input", { type: "radio", name: "when", id: "when-" + when, value: when, change: () => setWhen(when) });
        box.checked = state.when === when;
        return make("label", {}, box, " " + c15.say("when_" + when));
      }),
    ];
  };

  // Under the legend: who gains and who loses by the plan or the proposal, for the kind or the scope that is shown.
  c15.changeLegend = function (data, state, changed) {
    if (state.when === "now") return [];
    const { kind, area, scope } = state;
    const planned = kind === null ? null : data.areas[area].planned[kind] || { weight: 0, n: data.areas[area].counts === null ? null : 0, after: data.areas[area].shares[kind][0] };
    // For a kind the plan's gains are counted in Python from every residence; other sums are the page's.
    const sums = state.when === "plan" && planned ? { gained: planned, lost: null } : c15.sumChanges(data, area, changed, kind === null ? data.scopes[scope].kinds : [kind]);
    const rows = data.changes.filter(({ id }) => sums[id]).map((style) => {
      const entry = row([
        [c15.swatch(style, data.pattern), make("b", { class: "code" }, style.letter), " ", make("span", {}, ...c15.bothLanguages(style))],
        c15.amount(sums[style.id].weight), ...(sums[style.id].n === null || data.areas[area].counts === null ? [] : [c15.number(sums[style.id].n)]),
      ]);
      entry.dataset.change = style.id;
      return entry;
    });
    const said = state.when === "plan" && planned ? c15.say("plan_after", { before: data.areas[area].shares[kind][0], after: planned.after }) : null;
    return [
      make("h3", {}, c15.say("when_" + state.when)),
      make("table", { class: "legend changes" }, make("tbody", {}, ...rows)),
      said && make("p", { id: "after" }, said),
    ].filter(Boolean);
  };

  // One button a kind, with its five shares as a bar.
  c15.overview = function (data, area, setKind) {
    return groupsOf(data.kinds).map((group, g) =>
      make("section", { class: "group" }, make("h3", {}, make("button", {
        type: "button", class: "link", "data-scope": String(g + 1), click: () => setKind(null, g + 1),
      }, c15.pick(group))), ...group.kinds.map((k) => {
        const shares = data.areas[area].shares[k];
        const said = data.statuses.map((status, s) => c15.pick(status) + " " + shares[s]);
        const bar = make("span", { class: "bar", "aria-hidden": "true" }, ...data.statuses.map((status, s) => {
          const piece = make("i", { class: "piece " + status.id });
          piece.style.width = shares[s].replace(/[<>–]/, "");
          piece.style.backgroundColor = status.colour;
          return piece;
        }));
        const name = kindName(data.kinds[k]);
        return make("button", {
          type: "button", class: "kind-row", "data-kind": String(k), "aria-label": name + "：" + c15.list(said),
          title: c15.list(said), click: () => setKind(k),
        }, make("span", { class: "kind-name" }, name), bar, make("span", { class: "figure" }, shares[0]));
      })));
  };

  c15.planList = function (data, kind, choose) {
    const { plan } = data;
    const n = plan.rank.length;
    if (n === 0) return [make("p", {}, c15.say("plan_none"))];
    const gained = plan.gained.reduce((sum, gain) => sum + (gain || 0), 0);
    const items = plan.rank.map((rank, i) => {
      const isOfKind = kind === null || plan.kinds[i].includes(kind);
      return make("li", {}, make("button", {
        type: "button", id: "plan-row-" + i, class: "plan-row" + (isOfKind ? "" : " faint"), click: () => choose({ type: "plan", index: i, move: true }),
      }, make("b", { class: "rank" }, String(rank)),
      make("span", {}, c15.list(plan.kinds[i].map((k) => kindName(data.kinds[k]))), plan.name[i] ? make("small", {}, c15.name(plan.name[i])) : null),
      make("span", { class: "figure" }, "+" + c15.amount(plan.gained[i]))));
    });
    const figures = {
      demand: c15.amount(plan.demand), objective: c15.amount(plan.objective), bound: c15.amount(plan.bound),
      unreachable: c15.amount(plan.unreachable), gap: plan.gap === null ? "–" : (100 * plan.gap).toFixed(2) + "%",
    };
    const proof = [
      plan.demand === null ? null : "plan_demand",
      plan.unreachable ? "plan_unreachable" : null,
      plan.bound === null ? null : plan.gap === 0 ? "plan_best" : "plan_proof",
      plan.isReproducible ? null : "plan_clock",
    ];
    return [
      make("p", {}, c15.sentences([c15.say("plan_sum", { n, gained: c15.amount(gained) }), c15.say("plan_unit", { weight: c15.pick(data.about.weight) })])),
      make("ol", { class: "plan" }, ...items),
      make("p", {}, c15.sentences(proof.filter(Boolean).map((key) => c15.say(key, figures)))),
    ];
  };

  c15.readingNotes = function (data) {
    const entries = data.statuses.flatMap((status) => [
      make("dt", {}, c15.letter(status), " ", ...c15.bothLanguages(status)),
      make("dd", {}, c15.language === "zh" ? status.readZh : status.readEn),
    ]);
    const { about } = data;
    return [
      make("dl", {}, ...entries),
      make("p", {}, c15.say("read_walk", { speed: about.speed, profile: about.profile, limit: c15.limit(about) })),
      make("p", {}, c15.say("read_robust")),
      make("p", {}, c15.say("read_sites")),
    ];
  };

  function kindNames(data, kinds) {
    return c15.list(kinds.map((k) => kindName(data.kinds[k])));
  }

  // The sentence with figures for when the density check took the declared completeness back; null otherwise.
  c15.thinSentence = function (data) {
    const found = data.completeness;
    if (found.thin.length === 0) return null;
    const [low, high] = [c15.number(found.thinLow, 2), c15.number(found.thinHigh, 2)];
    return c15.say(found.thin.length === found.communities ? "thin_all" : "thin", {
      n: found.thin.length, communities: found.communities, range: low === high ? low : low + "–" + high,
      needed: c15.number(found.needed, 2), floor: c15.number(found.floor, 2), median: c15.number(found.median, 2),
    });
  };

  c15.completenessNotes = function (data) {
    const found = data.completeness;
    const texts = [];
    if (found.declared.length === 0) texts.push(c15.say("declared_none"));
    else {
      texts.push(c15.say("declared_some", { n: found.declared.length, whole: found.whole.length }));
      texts.push(c15.say("declared_kinds", { kinds: kindNames(data, found.declared) }));
    }
    if (data.about.completeWhy) texts.push(c15.say("declared_why", { why: c15.pick(data.about.completeWhy) }));
    if (found.nowhere.length) texts.push(c15.say("nowhere", { n: found.nowhere.length, kinds: kindNames(data, found.nowhere) }));
    const thin = c15.thinSentence(data);
    if (thin) {
      texts.push(thin);
      texts.push(c15.say("thin_names", { names: c15.list([...new Set(found.thin.map((name) => (name === "others:" ? c15.say("others_community") : name || c15.say("none_community"))))]) }));
    }
    if (data.about.leastShown > 0) texts.push(c15.say("merged_data", { least: c15.amount(data.about.leastShown), weight: c15.pick(data.about.weight) }));
    const notes = texts.map((text) => make("p", {}, text));
    if (data.about.warnings.length) {
      notes.push(make("h3", {}, c15.say("warnings")));
      notes.push(make("ul", {}, ...data.about.warnings.map((warning) => make("li", {}, c15.name(c15.pick(warning))))));
    }
    return notes;
  };
})(globalThis.circle15);
