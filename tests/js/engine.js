// Asks the page's engine what tests/test_walk_js.py asks it.
//
//   node engine.js FOLDER QUESTIONS
//
// FOLDER holds the page's own scripts. QUESTIONS is JSON: {cases: [{page | data, header, numbers, ask: [[name, ...given],
// ...]}, ...]}, where `page` is a map's file, or `data` is what a page has after `prepare`, and `header` and `numbers`
// its network. `ask` names a method of the engine, "gates", "isThere", "snap", "project" or "ticks".
// Prints the answers as JSON; Infinity reads "never", a Map is a list of pairs.
"use strict";

const fs = require("fs");
const path = require("path");

const [folder, questions] = process.argv.slice(2);
for (const name of ["data.js", "snapping.js", "walk.js", "trial.js"]) require(path.join(folder, name));
const c15 = globalThis.circle15;

async function opened({ page, data, header, numbers }) {
  if (page === undefined) return { ...data, walk: await c15.unpackWalk(header, numbers) };
  const html = fs.readFileSync(page, "utf8");
  const text = (id) => html.match(new RegExp(`<script id="${id}"[^>]*>([^<]*)</script>`))[1];
  const prepared = c15.prepare(await c15.unpack(text("data")));
  return { ...prepared, walk: await c15.unpackWalk(prepared.walk, text("walk")) };
}

async function main() {
  const answers = [];
  for (const one of JSON.parse(fs.readFileSync(questions, "utf8")).cases) {
    const data = await opened(one);
    const engine = c15.makeEngine(data);
    const plane = data.walk === null ? null : c15.makePlane(data.walk);
    const known = { gates: () => engine.gates, isThere: () => engine !== null };
    answers.push(one.ask.map(([name, ...given]) => {
      if (name === "snap") return plane.snap(...given);
      if (name === "ticks") return given.map(c15.inTicks);
      if (name === "project") return c15.transverseMercator(...given[0])(...given[1]);
      return (known[name] || engine[name])(...given);
    }));
  }
  const plain = (_, value) => (value instanceof Map ? [...value] : value === Infinity ? "never" : value);
  process.stdout.write(JSON.stringify(answers, plain));
}

main();
