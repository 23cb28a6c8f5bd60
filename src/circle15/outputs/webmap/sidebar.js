// The panel beside the map: what to show, the legend with its figures, the plan, all kinds, and how to read it.
(function (c15) {
  "use strict";
  const { make } = c15;

  function areaName(area) {
    if (area.level === "study") return c15.say("level_study");
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

  c15.fillKinds = function (select, data, kind) {
    const option = (value, text) => make("option", { value }, text);
    select.replaceChildren(
      option("score", c15.say("score")),
      ...groupsOf(data.kinds).map((group) =>
        make("optgroup", { label: c15.pick(group) }, ...group.kinds.map((k) => option(String(k), kindName(data.kinds[k]))))),
    );
    select.value = kind === null ? "score" : String(kind);
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

  // The five statuses with share of weight and residences, as the areas frame has them.
  c15.statusLegend = function (data, kind, area) {
    const shares = data.areas[area].shares[kind];
    const status = data.access[kind].status;
    const { classes } = c15.tally(data, area, (i) => status[i], data.statuses.length);
    const rows = data.statuses.map((style, s) => {
      const entry = row([
        [c15.swatch(style, data.pattern), make("b", { class: "code" }, style.letter), " ", make("span", {}, ...c15.bothLanguages(style))],
        shares[s], c15.number(classes[s].n),
      ]);
      entry.dataset.status = style.id;
      entry.title = c15.language === "zh" ? style.readZh : style.readEn;
      return entry;
    });
    const signs = make("p", { class: "signs" },
      make("span", { class: "dot full", "aria-hidden": "true" }), c15.say("site_confirmed"), " ",
      make("span", { class: "dot hollow", "aria-hidden": "true" }), c15.say("site_other"));
    return [
      make("table", { class: "legend" },
        headRow([c15.say("status"), c15.say("share"), c15.say("residences")]), make("tbody", {}, ...rows)),
      denominator(data, area), signs,
    ];
  };

  c15.scoreLegend = function (data, area) {
    const { classes: bounds, colours, covered } = data.score;
    const { classes, total } = c15.tally(data, area, (i) => c15.scoreClass(bounds, covered[i]), bounds.length);
    const rows = bounds.map(([low, high], c) => {
      const entry = row([
        [c15.plainSwatch(colours[c]), make("span", {}, c15.say("kinds_count", { low, high }))],
        c15.percent(classes[c].weight / total), c15.number(classes[c].n),
      ]);
      entry.dataset.class = String(c);
      return entry;
    }).reverse();
    const score = data.areas[area].score;
    return [
      make("table", { class: "legend" },
        headRow([c15.say("score_short"), c15.say("share"), c15.say("residences")]), make("tbody", {}, ...rows)),
      score && make("p", {}, c15.say("score_mean", { confirmed: c15.number(score[0], 1), possible: c15.number(score[1], 1), worst: c15.number(score[2], 1) })),
      denominator(data, area),
    ].filter(Boolean);
  };

  // One button a kind, with its five shares as a bar.
  c15.overview = function (data, area, setKind) {
    return groupsOf(data.kinds).map((group) =>
      make("section", { class: "group" }, make("h3", {}, c15.pick(group)), ...group.kinds.map((k) => {
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
        type: "button", class: "plan-row" + (isOfKind ? "" : " faint"), click: () => choose({ type: "plan", index: i, move: true }),
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
      texts.push(c15.say("thin_names", { names: c15.list(found.thin.map((name) => name || c15.say("none_community"))) }));
    }
    const notes = texts.map((text) => make("p", {}, text));
    if (data.about.warnings.length) {
      notes.push(make("h3", {}, c15.say("warnings")));
      notes.push(make("ul", {}, ...data.about.warnings.map((warning) => make("li", {}, c15.name(c15.pick(warning))))));
    }
    return notes;
  };
})(globalThis.circle15);
