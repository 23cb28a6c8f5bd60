// Finding residences, communities and sites by name, by id, by pinyin and by its initials; and the box for it.
(function (c15) {
  "use strict";

  const LIMIT = 12;
  const TYPES = ["area", "site", "residence"];

  // Does what is typed, from letter j on, read as the characters from p on? Each character as a whole reading, as its
  // initial (zh, ch and sh count as one), or, the last one, as the beginning of its reading.
  function reads(pinyin, characters, p, typed, j) {
    if (j === typed.length) return true;
    if (p === characters.length) return false;
    const character = characters[p];
    if (/[\s·（）()\-—,，.]/.test(character)) return reads(pinyin, characters, p + 1, typed, j);
    for (const reading of pinyin.get(character) || [character]) {
      if (reading.startsWith(typed.slice(j))) return true;
      const lengths = new Set([reading.length, /^[zcs]h/.test(reading) ? 2 : 1, 1]);
      for (const length of lengths) {
        if (typed.startsWith(reading.slice(0, length), j) && reads(pinyin, characters, p + 1, typed, j + length)) return true;
      }
    }
    return false;
  }

  // How well a name or id answers what was typed (lower case): 6 is it, 5 the id, 4 begins so, 3 reads so from its
  // beginning, 2 holds it, 1 reads so from somewhere on; 0 not at all.
  c15.matchName = function (pinyin, name, id, typed) {
    const low = name ? name.toLowerCase() : "";
    if (low === typed) return 6;
    if (id && id.toLowerCase() === typed) return 5;
    if (low.startsWith(typed)) return 4;
    const letters = typed.replace(/[\s']+/g, "");
    const isLatin = /^[a-z0-9]+$/.test(letters) && /[a-z]/.test(letters);
    const characters = isLatin && /[\u3007\u4e00-\u9fff]/.test(low) ? [...low] : null;
    if (characters && reads(pinyin, characters, 0, letters, 0)) return 3;
    if (low.includes(typed)) return 2;
    if (characters) {
      for (let p = 1; p < characters.length; p++) {
        if (/[\u3007\u4e00-\u9fff]/.test(characters[p]) && reads(pinyin, characters, p, letters, 0)) return 1;
      }
    }
    return 0;
  };

  // The best answers, {type, index, rank}, and how many there are: areas before sites before residences among equals.
  c15.search = function (data, text, limit = LIMIT) {
    const typed = text.trim().toLowerCase();
    if (!typed) return { found: [], total: 0 };
    const found = [];
    const add = (type, index, name, id) => {
      const rank = c15.matchName(data.pinyin, name, id, typed);
      if (rank > 0) found.push({ type, index, rank });
    };
    data.areas.forEach((area, a) => {
      if (area.level !== "study" && !area.merged && area.id !== "none") add("area", a, area.name, area.id);
    });
    data.sites.id.forEach((id, i) => add("site", i, data.sites.name[i], id));
    data.residences.id.forEach((id, i) => {
      if (data.residences.homes[i] === 1) add("residence", i, data.residences.name[i], id);
    });
    found.sort((a, b) => b.rank - a.rank || TYPES.indexOf(a.type) - TYPES.indexOf(b.type) || a.index - b.index);
    return { found: found.slice(0, limit), total: found.length };
  };

  function titleOf(data, { type, index }) {
    if (type === "area") return c15.areaName(data.areas[index]);
    const things = type === "site" ? data.sites : data.residences;
    return things.name[index] || things.id[index];
  }

  function hintOf(data, { type, index }) {
    if (type === "area") return c15.say(data.areas[index].level);
    if (type === "residence") {
      const area = data.areas[data.residences.community[index]];
      return c15.list([c15.say("residence_word"), ...(area && c15.hasLevel(data, "community") ? [c15.areaName(area)] : [])]);
    }
    return c15.list(data.sites.kinds[index].map(([k]) => c15.pick(data.kinds[k]))) || c15.say("site_word");
  }

  // A combobox with a list of answers, by the pattern of the ARIA practices: arrows, Home, End, Enter, Escape.
  c15.searchBox = function (input, list, status, data, pick) {
    let found = [];
    let active = -1;

    function close() {
      found = [];
      active = -1;
      list.hidden = true;
      list.replaceChildren();
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function activate(next) {
      active = next;
      [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
      if (active < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", "found-" + active);
      return list.children[active].scrollIntoView({ block: "nearest" });
    }

    function take(i) {
      const { type, index } = found[i];
      input.value = titleOf(data, found[i]);
      close();
      status.textContent = "";
      pick({ type, index, move: true });
    }

    function show() {
      const answer = c15.search(data, input.value);
      found = answer.found;
      list.replaceChildren(...found.map((one, i) => c15.make("li", {
        role: "option", id: "found-" + i, "aria-selected": "false", mousedown: (event) => event.preventDefault(), click: () => take(i),
      }, c15.name(titleOf(data, one)), " ", c15.make("small", {}, c15.name(hintOf(data, one))))));
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      activate(-1);
      const typed = input.value.trim();
      status.textContent = !typed ? "" : answer.total === 0 ? c15.say("search_none", { text: typed })
        : answer.total > found.length ? c15.say("search_some", { n: found.length, total: c15.number(answer.total) })
          : c15.say("search_all", { n: answer.total });
    }

    input.addEventListener("input", show);
    input.addEventListener("focus", () => { if (input.value.trim() && list.hidden) show(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const n = found.length;
      const steps = { ArrowDown: (active + 1) % n, ArrowUp: active <= 0 ? n - 1 : active - 1 };
      if (event.key === "ArrowDown" && n === 0) show();
      else if (n > 0 && event.key in steps) activate(steps[event.key]);
      else if (n > 0 && event.key === "Enter") take(Math.max(active, 0));
      else if (event.key === "Escape" && (n > 0 || input.value)) {
        if (n === 0) input.value = "";
        close();
        status.textContent = "";
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  };
})(globalThis.circle15);
