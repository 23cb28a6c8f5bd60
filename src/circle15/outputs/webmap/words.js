// The page's words in Chinese and English, and small makers of elements.
// Text from the data enters the page through textContent only.
(function (c15) {
  "use strict";

  let words = {};
  c15.language = "zh";

  c15.setWords = function (dictionary) {
    words = dictionary;
  };

  // A pair {zh, en} in the page's language; the other one where it is empty.
  c15.pick = function (pair) {
    return pair[c15.language] || pair.zh || pair.en;
  };

  c15.say = function (key, values = {}) {
    return c15.pick(words[key]).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };

  c15.number = function (value, digits = 0) {
    if (value === null || value === undefined) return "–";
    return value.toLocaleString(c15.language === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: digits });
  };

  // Weights below ten keep a decimal; larger ones are whole.
  c15.amount = function (value) {
    return c15.number(value, value !== null && Math.abs(value) < 10 ? 1 : 0);
  };

  // A share as `palette.percent` writes it, for the shares that the page itself adds up.
  c15.percent = function (share) {
    if (!Number.isFinite(share)) return "–";
    if (share < 1e-9) return "0%";
    if (share > 1 - 1e-9) return "100%";
    const text = (100 * share).toFixed(1) + "%";
    return { "0.0%": "<0.1%", "100.0%": ">99.9%" }[text] || text;
  };

  c15.minutes = function (n) {
    return c15.say("minutes", { n });
  };

  c15.list = function (texts) {
    return texts.join(c15.language === "zh" ? "、" : ", ");
  };

  c15.sentences = function (texts) {
    return texts.join(c15.language === "zh" ? "" : " ");
  };

  // An element with attributes (functions become listeners, null is left out) and children (text or elements).
  c15.make = function (tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined) continue;
      if (typeof value === "function") element.addEventListener(name, value);
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  // Text whose direction can't reach beyond itself.
  c15.name = function (text) {
    return c15.make("bdi", {}, text);
  };

  // "可达 Covered" in a Chinese page, "Covered 可达" in an English one.
  c15.bothLanguages = function (pair) {
    const [first, second] = c15.language === "zh" ? ["zh", "en"] : ["en", "zh"];
    return [
      c15.make("span", { lang: langOf(first) }, pair[first]), " ",
      c15.make("span", { lang: langOf(second), class: "second" }, pair[second]),
    ];
  };

  function langOf(language) {
    return language === "zh" ? "zh-CN" : "en";
  }

  // Puts the words of the language into everything in the page that carries a key.
  c15.translatePage = function () {
    const root = document.documentElement;
    root.lang = langOf(c15.language);
    const title = root.dataset[c15.language === "zh" ? "titleZh" : "titleEn"];
    document.title = title + " · " + c15.say("subtitle");
    for (const element of document.querySelectorAll("[data-title]")) element.textContent = title;
    for (const element of document.querySelectorAll("[data-text]")) {
      element.textContent = c15.say(element.dataset.text, element.dataset);
    }
    for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = c15.say(element.dataset.hint);
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", c15.say(element.dataset.label));
    }
  };

  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // A sample of a status as the map draws it: colour, pattern and outline.
  let swatches = 0;
  c15.swatch = function (status, pattern) {
    const id = "swatch" + swatches++;
    const { tile, stroke } = pattern;
    const path = svg("path", {
      d: status.path, stroke: status.ink, "stroke-width": stroke, "stroke-linecap": "round", fill: "none",
    });
    const defs = svg("defs", {}, svg("pattern", { id, width: tile, height: tile, patternUnits: "userSpaceOnUse" }, path));
    const box = { x: 0.75, y: 0.75, width: 30.5, height: 18.5, rx: 2 };
    return svg(
      "svg", { width: 32, height: 20, viewBox: "0 0 32 20", class: "swatch", "aria-hidden": "true" }, defs,
      svg("rect", { ...box, fill: status.colour }),
      svg("rect", { ...box, fill: `url(#${id})`, stroke: status.line, "stroke-width": 1.5 }),
    );
  };

  c15.plainSwatch = function (colour) {
    return svg(
      "svg", { width: 32, height: 20, viewBox: "0 0 32 20", class: "swatch", "aria-hidden": "true" },
      svg("rect", { x: 0.75, y: 0.75, width: 30.5, height: 18.5, rx: 2, fill: colour, stroke: "#3d5a7a", "stroke-width": 1 }),
    );
  };

  // The letter of a status on its colour.
  c15.letter = function (status) {
    const chip = c15.make("span", { class: "letter", title: c15.pick(status) }, status.letter);
    chip.style.background = status.colour;
    chip.style.color = status.ink;
    chip.style.borderColor = status.line;
    return chip;
  };
})(globalThis.circle15);
