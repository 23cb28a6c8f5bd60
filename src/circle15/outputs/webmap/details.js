// The card of what was chosen on the map: a residence, a site, a gap area or an opening of the plan.
(function (c15) {
  "use strict";
  const { make } = c15;

  function facts(pairs) {
    const list = make("dl", { class: "facts" });
    for (const [term, value] of pairs) {
      if (value === null || value === undefined || value === "") continue;
      list.append(make("dt", {}, term), make("dd", {}, value));
    }
    return list;
  }

  function weight(data, value) {
    return c15.amount(value) + " · " + c15.pick(data.about.weight);
  }

  // One row of the checklist: letter, kind, minutes, then the site or the reason.
  function checklistRow(data, k, i, actions) {
    const access = data.access[k];
    const status = data.statuses[access.status[i]];
    const minutes = access.minutes[i];
    const isReached = status.id === "covered" || status.id === "possible";
    const site = access.site[i];
    const reason = data.reasons[access.reason[i]];
    const time = minutes < 0 ? "–" : isReached ? c15.minutes(minutes) : c15.say("nearest", { n: minutes });
    const about = [];
    if (site >= 0) {
      about.push(make("button", { type: "button", class: "link", click: () => actions.choose({ type: "site", index: site, move: true, kind: k }) },
        c15.name(data.sites.name[site] || c15.say("no_name"))));
    }
    if (!isReached || site < 0) {
      if (about.length) about.push(" · ");
      about.push(reason ? c15.pick(reason) : c15.pick(status));
    }
    return make("tr", { "data-kind": data.kinds[k].id, "data-status": status.id },
      make("td", {}, c15.letter(status), make("span", { class: "unseen" }, c15.pick(status))),
      make("th", { scope: "row" },
        make("button", { type: "button", class: "link", click: () => actions.setKind(k) }, c15.pick(data.kinds[k]))),
      make("td", { class: "time" }, (access.robust[i] ? "" : "≈ ") + time),
      make("td", { class: "why" }, ...about));
  }

  function residenceCard(data, i, actions) {
    const { residences } = data;
    // An area whose residences all weigh nothing has no figures, and so no place among the areas.
    const place = (level) => {
      const area = data.areas[residences[level][i]];
      return area && c15.hasLevel(data, level) ? c15.name(c15.areaName(area)) : null;
    };
    const bodies = c15.groupsOf(data.kinds).map((group) => make("tbody", {},
      make("tr", { class: "group" }, make("th", { colspan: "4", scope: "rowgroup" }, c15.pick(group))),
      ...group.kinds.map((k) => checklistRow(data, k, i, actions))));
    const title = residences.name[i];
    return {
      title: title || c15.say("residence", { id: residences.id[i] }),
      body: [
        facts([
          [c15.say("id"), c15.name(residences.id[i])],
          [c15.say("community"), place("community")],
          [c15.say("district"), place("district")],
          [c15.pick(data.about.weight), c15.amount(residences.weight[i])],
        ]),
        make("p", { class: "sum" }, c15.say("residence_score", { covered: data.score.covered[i], possible: data.score.possible[i] })),
        make("table", { class: "checklist" }, make("caption", { class: "unseen" }, c15.say("checklist")), ...bodies),
      ],
    };
  }

  function siteCard(data, i, actions) {
    const rows = data.sites.kinds[i].map(([k, evidence, rule]) => make("li", {},
      make("button", { type: "button", class: "link", click: () => actions.setKind(k) }, c15.pick(data.kinds[k])),
      " · " + c15.pick(data.evidence[evidence]), make("br"),
      make("small", {}, c15.say("rule") + " ", make("code", {}, data.sites.rules[rule]))));
    return {
      title: data.sites.name[i] || c15.say("site", { id: data.sites.id[i] }),
      body: [facts([[c15.say("id"), c15.name(data.sites.id[i])]]), make("h3", {}, c15.say("kinds_held")), make("ul", { class: "held" }, ...rows)],
    };
  }

  function gapAreaCard(data, i) {
    const { gapAreas } = data;
    const cause = data.reasons[gapAreas.cause[i]];
    return {
      title: c15.say("gap_area", { kind: c15.pick(data.kinds[gapAreas.kind[i]]) }),
      body: [facts([
        [c15.say("id"), c15.name(gapAreas.id[i])],
        [c15.pick(data.about.weight), c15.amount(gapAreas.weight[i])],
        [c15.say("residences"), c15.number(gapAreas.n[i])],
        [c15.say("nearest_label"), gapAreas.minutes[i] < 0 ? c15.say("none_near") : c15.minutes(gapAreas.minutes[i])],
        [c15.say("cause"), cause ? c15.pick(cause) : null],
      ])],
    };
  }

  function planCard(data, i) {
    const { plan } = data;
    return {
      title: c15.say("plan_item", { rank: plan.rank[i] }),
      body: [facts([
        [c15.say("kind"), c15.list(plan.kinds[i].map((k) => c15.pick(data.kinds[k])))],
        [c15.say("plan_gain"), weight(data, plan.gained[i])],
        [c15.say("plan_gain_if"), weight(data, plan.gainedIfConfirmed[i])],
        [c15.say("premises"), c15.say(plan.atSite[i] ? "plan_at_site" : "plan_at_frontage")],
        [c15.say("name"), plan.name[i] ? c15.name(plan.name[i]) : null],
        [c15.say("id"), c15.name(plan.id[i])],
      ])],
    };
  }

  // Fills the card; `chosen` is {type, index}, or null to put it away.
  c15.showDetails = function (card, data, chosen, actions) {
    card.hidden = !chosen;
    if (!chosen) return card.replaceChildren();
    const cardOf = { residence: residenceCard, site: siteCard, gapArea: gapAreaCard, plan: planCard }[chosen.type];
    const { title, body } = cardOf(data, chosen.index, actions);
    const heading = make("h2", { tabindex: "-1" }, c15.name(title));
    const close = make("button", { type: "button", class: "close", "aria-label": c15.say("close"), title: c15.say("close"), click: () => actions.choose(null) }, "×");
    return card.replaceChildren(make("header", {}, heading, close), ...body);
  };
})(globalThis.circle15);
