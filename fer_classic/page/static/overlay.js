// Faces of a moving picture: boxes with number, expression and share.

import { el, fill, svg } from "./dom.js";
import { percent, word } from "./texts.js";

/** As annotated films draw them, by the number of the face. */
const COLOURS = ["#00dc5a", "#ffaa1e", "#50aaff", "#ff78be", "#bee628", "#c896ff", "#3ce1e1", "#ff695a"];
export const colour = (track) => COLOURS[(Math.max(1, track) - 1) % COLOURS.length];

/** Place of the largest of some numbers. */
export const largest = (values) => values.reduce((best, own, i) => (own > values[best] ? i : best), 0);

/** The most probable expression of a face, in words. */
export function says(face, classes) {
  const best = largest(face.probabilities);
  return `${word("class", classes[best])} ${percent(face.probabilities[best])}`;
}

/** Draw faces over a picture of a size, in place of those that were there. */
export function drawFaces(place, [width, height], faces, classes) {
  const boxes = faces.map(({ track, status, box: [x, y, w, h] }) => svg("rect", {
    x, y, width: w, height: h, rx: w / 30, class: status === "found" ? "face" : "face followed",
    style: { "--own": colour(track) }, "vector-effect": "non-scaling-stroke",
  }));
  const names = faces.map((face) => tag(face, classes, width, height));
  fill(place, svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, boxes), names);
  part(names);
}

/** Labels that would cover others go below their boxes. */
function part(names) {
  const placed = [];
  for (const name of names) {
    let box = name.getBoundingClientRect();
    const covers = (other) => box.left < other.right && other.left < box.right
      && box.top < other.bottom && other.top < box.bottom;
    if (placed.some(covers)) {
      name.classList.add("below");
      box = name.getBoundingClientRect();
    }
    placed.push(box);
  }
}

/** A label above its box, or in it at the upper edge; it never leaves the picture. */
function tag({ track, box: [x, y, w, h], ...face }, classes, width, height) {
  const share = (value) => `${(100 * value).toFixed(2)}%`;
  const inside = y / height < 0.09;
  const right = x + w / 2 > width / 2;
  return el("span", {
    class: ["tag", inside ? "inside" : "", right ? "right" : ""].join(" "), "aria-hidden": "true",
    style: {
      "--own": colour(track), "--top": share(Math.max(0, y) / height),
      "--bottom": share(Math.min(0.94 * height, y + h) / height),
      ...(right ? { right: share(Math.max(0, 1 - (x + w) / width)) } : { left: share(Math.max(0, x) / width) }),
    },
  }, `${track} ${says(face, classes)}`);
}
