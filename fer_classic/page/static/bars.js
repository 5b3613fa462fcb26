// Probabilities and reasons as bars that can also be read.

import { el, fill, svg } from "./dom.js";
import { percent, t, word } from "./texts.js";

/** Probabilities, the largest first or in the order of the classes; `marked` is the given label. */
export function probabilities(classes, values, marked = -1, sorted = true) {
  const order = values.map((_, i) => i);
  const best = Math.max(...values);
  if (sorted) order.sort((a, b) => values[b] - values[a]);
  const rows = order.map((code) => el("li", { class: values[code] === best ? "best" : "" },
    el("span", { class: "name" }, word("class", classes[code]),
      code === marked ? el("small", {}, ` ${t("face.given_mark")}`) : null),
    el("span", { class: "track", "aria-hidden": "true" },
      el("span", { style: { width: `${100 * values[code]}%` } })),
    el("span", { class: "value" }, percent(values[code], 1))));
  return el("ol", { class: "bars", "aria-label": t("face.probabilities") }, rows);
}

/** Effects to the right for the answer and to the left against it. */
function effects(title, pairs, shown) {
  const most = Math.max(...pairs.map(([, value]) => Math.abs(value)), 1e-9);
  const rows = pairs.map(([name, value, note]) => el("li", { class: value < 0 ? "against" : "for" },
    el("span", { class: "name", title: note }, name),
    el("span", { class: "track two", "aria-hidden": "true" },
      el("span", { style: { width: `${(50 * Math.abs(value)) / most}%` } })),
    el("span", { class: "value" }, shown(value))));
  return el("section", {}, el("h4", {}, title), el("ol", { class: "bars" }, rows));
}

const signed = (value, digits) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;

/** An explanation with its heat map over the aligned face. */
export function explanation(classes, why, face, heat) {
  const name = word("class", classes[why.chosen]);
  const lost = why.method === "occlusion";
  const regions = why.regions.map(([region, value]) => [word("region", region), value]);
  const families = why.families.map(([family, value]) => [word("family", family), value]);
  const columns = why.columns.map(([column, value, words]) => [column, value, words]);
  const map = el("div", { class: "heat" },
    el("img", { src: face, alt: t("why.face") }), el("img", { src: heat, alt: "" }));
  return el("div", { class: "why" },
    el("figure", {}, map, el("figcaption", {}, t("why.map", { name }))),
    effects(t(lost ? "why.regions_lost" : "why.regions_added", { name }), regions,
      (value) => (lost ? signed(100 * value, 1) : signed(value, 2))),
    families.length > 1
      ? effects(t("why.families"), families, (value) => signed(value, 2)) : null,
    el("details", {}, el("summary", {}, t("why.columns")),
      effects("", columns, (value) => signed(value, 2))),
    el("p", { class: "note" }, t("why.note")));
}

/** Scores with their intervals, one above the other, on one scale; zero is marked where it is on it. */
export function intervals(rows, shown) {
  const values = rows.flatMap(([, score]) => [score.low, score.high]);
  const equal = Math.min(...values) === Math.max(...values) ? 0.01 : 0;
  const low = Math.min(...values) - equal;
  const wide = Math.max(...values) + equal - low;
  const x = (value) => 3 + (94 * (value - low)) / wide; // a little room at either end
  const line = (at, to, y, name) => svg("line", {
    x1: x(at), x2: x(to), y1: 6 - y, y2: 6 + y, class: name, "vector-effect": "non-scaling-stroke" });
  const made = rows.map(([name, score]) => el("li", {},
    el("span", { class: "name" }, name),
    svg("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
      line(score.low, score.high, 0, "range"), line(score.value, score.value, 5, "score"),
      low <= 0 && low + wide >= 0 ? line(0, 0, 6, "zero") : null),
    el("span", { class: "value" }, t("again.interval", {
      value: shown(score.value), low: shown(score.low), high: shown(score.high) }))));
  return el("ol", { class: "intervals" }, made);
}

/** Ask for an explanation when it is wanted, and show it in its place. */
export async function showWhy(place, classes, ask, face, heat) {
  fill(place, el("p", { class: "note" }, t("why.working")));
  try {
    const why = await ask();
    fill(place, explanation(classes, why, face, heat));
  } catch (error) {
    fill(place, el("p", { class: "missing" }, error.message));
  }
}
