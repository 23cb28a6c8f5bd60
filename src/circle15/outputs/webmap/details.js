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
  function checklistRow(page, k, i) {
    const { data, state, actions } = page;
    const engine = page.engine();
    const access = data.access[k];
    const status = data.statuses[access.status[i]];
    const minutes = access.minutes[i];
    const isReached = status.id === "covered" || status.id === "possible";
    const site = access.site[i];
    const reason = data.reasons[access.reason[i]];
    const time = (access.robust[i] ? "" : "≈ ") + (minutes < 0 ? "–" : isReached ? c15.minutes(minutes) : c15.say("nearest", { n: minutes }));
    const about = [];
    const change = c15.changeOf(page.changed(), i, k);
    const style = change ? data.changes.find(({ id }) => id === change) : status;
    if (change) about.push(make("b", { class: "change " + change }, c15.say(state.when + "_" + change)), " · ");
    if (site >= 0) {
      about.push(make("button", { type: "button", class: "link", click: () => actions.choose({ type: "site", index: site, move: true, kind: k }) },
        c15.name(data.sites.name[site] || c15.say("no_name"))));
    }
    if (!isReached || site < 0) {
      if (about.length) about.push(" · ");
      about.push(reason ? c15.pick(reason) : c15.pick(status));
    }
    return make("tr", { "data-kind": data.kinds[k].id, "data-status": status.id },
      make("td", {}, c15.letter(style), make("span", { class: "unseen" }, c15.pick(style))),
      make("th", { scope: "row" },
        make("button", { type: "button", class: "link", click: () => actions.setKind(k) }, c15.pick(data.kinds[k]))),
      make("td", { class: "time" }, engine && site >= 0 && minutes >= 0 ? make("button", {
        type: "button", class: "link route", id: "route-" + k, "aria-pressed": String(state.route === k),
        "aria-label": c15.pick(data.kinds[k]) + "，" + time + "：" + c15.say("route"), title: c15.say("route"), click: () => actions.showRoute(k),
      }, time) : time),
      make("td", { class: "why" }, ...about));
  }

  function residenceCard(page, { index: i }) {
    const { data, state } = page;
    const { residences } = data;
    const [whole] = data.scopes;
    // An area whose residences all weigh nothing has no figures, and so no place among the areas.
    const place = (level) => {
      const area = data.areas[residences[level][i]];
      return area && c15.hasLevel(data, level) ? c15.name(c15.areaName(area)) : null;
    };
    const bodies = c15.groupsOf(data.kinds).map((group) => make("tbody", {},
      make("tr", { class: "group" }, make("th", { colspan: "4", scope: "rowgroup" }, c15.pick(group))),
      ...group.kinds.map((k) => checklistRow(page, k, i))));
    const homes = residences.homes[i];
    const title = homes > 1 ? c15.say("merged_homes", { n: c15.number(homes) }) : residences.name[i] || c15.say("residence", { id: residences.id[i] });
    const route = page.engine() && state.route !== null ? page.engine().route(i, state.route) : null;
    return {
      title,
      body: [
        homes > 1 ? make("p", { class: "hint" }, c15.say("merged_why", { least: c15.amount(data.about.leastShown), weight: c15.pick(data.about.weight) })) : null,
        facts([
          [c15.say("id"), homes > 1 ? null : c15.name(residences.id[i])],
          [c15.say("community"), place("community")],
          [c15.say("district"), place("district")],
          [c15.pick(data.about.weight), c15.amount(residences.weight[i])],
        ]),
        make("p", { class: "sum" }, c15.say("residence_score", { covered: whole.covered[i], possible: whole.possible[i] })),
        page.engine() ? make("p", { class: "hint" }, c15.say("circle_hint")) : null,
        route ? make("p", { class: "walk", role: "status" }, c15.say("route_said", {
          kind: c15.pick(data.kinds[state.route]), n: Math.ceil(Math.round(route.seconds * 1e6) / 6e7),
        })) : null,
        make("table", { class: "checklist" }, make("caption", { class: "unseen" }, c15.say("checklist")), ...bodies),
      ].filter(Boolean),
    };
  }

  // Buttons that close a site in the reader's proposal: as a whole, or one of its kinds.
  function closing(page, site) {
    const { data, state, actions } = page;
    const kinds = data.sites.kinds[site].map(([k]) => k);
    const isClosed = (kind) => state.draft.edits.some((edit) => edit.do === "close_site" && edit.site === site && (edit.kind === null || edit.kind === kind));
    const button = (kind, label) => make("button", {
      type: "button", disabled: isClosed(kind) ? "" : null, click: () => actions.addEdit({ do: "close_site", site, kind }),
    }, label);
    return make("p", { class: "buttons" }, button(null, c15.say("try_close")),
      ...(kinds.length > 1 ? kinds.map((k) => button(k, c15.say("try_close_kind", { kind: c15.pick(data.kinds[k]) }))) : []));
  }

  function siteCard(page, { index: i }) {
    const { data, actions } = page;
    const rows = data.sites.kinds[i].map(([k, evidence, rule]) => make("li", {},
      make("button", { type: "button", class: "link", click: () => actions.setKind(k) }, c15.pick(data.kinds[k])),
      " · " + c15.pick(data.evidence[evidence]), make("br"),
      make("small", {}, c15.say("rule") + " ", make("code", {}, data.sites.rules[rule]))));
    return {
      title: data.sites.name[i] || c15.say("site", { id: data.sites.id[i] }),
      body: [facts([[c15.say("id"), c15.name(data.sites.id[i])]]), make("h3", {}, c15.say("kinds_held")), make("ul", { class: "held" }, ...rows),
        rows.length ? closing(page, i) : null].filter(Boolean),
    };
  }

  function gapAreaCard({ data }, { index: i }) {
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

  // An area's figures, all 27 kinds of them.
  function areaCard({ data, actions }, { index: a }) {
    const area = data.areas[a];
    const gap = data.statuses.findIndex((status) => status.id === "gap");
    const [confirmed, possible, worst] = (area.scores.all.mean || []).map((count) => c15.number(count, 1));
    const rows = data.kinds.map((kind, k) => make("tr", { "data-kind": kind.id },
      make("th", { scope: "row" }, make("button", { type: "button", class: "link", click: () => actions.setKind(k) }, c15.pick(kind))),
      make("td", {}, area.shares[k][0]), make("td", {}, area.shares[k][gap])));
    return {
      title: c15.areaName(area),
      body: [
        facts([
          [c15.say("level"), c15.say(area.level)],
          [c15.pick(data.about.weight), c15.amount(area.weight)],
          [c15.say("residences"), c15.number(area.n)],
        ]),
        area.scores.all.mean ? make("p", { class: "sum" }, c15.say("score_mean", { confirmed, possible, worst, n: data.kinds.length })) : null,
        make("table", { class: "trial" }, make("caption", { class: "unseen" }, c15.say("area_table")),
          make("thead", {}, make("tr", {}, make("th", { scope: "col" }, c15.say("kind")),
            make("th", { scope: "col" }, c15.pick(data.statuses[0])), make("th", { scope: "col" }, c15.pick(data.statuses[gap])))),
          make("tbody", {}, ...rows)),
      ].filter(Boolean),
    };
  }

  function gateCard(page, { index }) {
    const { id } = page.gates()[index];
    return {
      title: c15.say("gate", { id }),
      body: [make("p", {}, c15.say("gate_about")), make("p", { class: "buttons" },
        make("button", { type: "button", click: () => { page.actions.addEdit({ do: "open_gate", gate: index }); page.actions.choose(null); } }, c15.say("try_open_gate")))],
    };
  }

  function commentCard(page, { index }) {
    const { text } = page.state.notes.comments[index];
    return {
      title: c15.say("comment"),
      body: [make("p", { class: "said" }, c15.name(text)), make("p", { class: "buttons" },
        make("button", { type: "button", click: () => page.actions.dropComment(index) }, c15.say("delete")))],
    };
  }

  function newCommentCard(page, place) {
    const text = make("textarea", { id: "comment-text", rows: "5", maxlength: "4000" });
    return {
      title: c15.say("comment_new"),
      body: [
        make("label", { for: "comment-text" }, c15.say("comment_text")), text,
        make("p", { class: "hint" }, c15.say("comment_private")),
        make("p", { class: "buttons" }, make("button", { type: "button", id: "save-comment", click: () => page.actions.saveComment(place, text.value) }, c15.say("save"))),
      ],
    };
  }

  function planCard({ data }, { index: i }) {
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

  const CARDS = {
    residence: residenceCard, site: siteCard, gapArea: gapAreaCard, plan: planCard, area: areaCard, gate: gateCard,
    comment: commentCard, newComment: newCommentCard,
  };

  // Fills the card with what is chosen, {type, index}, or puts it away.
  c15.showDetails = function (card, page) {
    const { chosen } = page.state;
    card.hidden = !chosen;
    if (!chosen) return card.replaceChildren();
    const { title, body } = CARDS[chosen.type](page, chosen);
    const heading = make("h2", { tabindex: "-1" }, c15.name(title));
    const close = make("button", {
      type: "button", class: "close", "aria-label": c15.say("close"), title: c15.say("close"), click: () => page.actions.choose(null),
    }, "×");
    return c15.refill(card, [make("header", {}, heading, close), ...body]);
  };
})(globalThis.circle15);
