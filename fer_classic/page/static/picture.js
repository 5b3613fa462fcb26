// A photograph with boxes and landmarks drawn over it.

import { el, svg } from "./dom.js";

/**
 * A figure of a photograph; `boxes` are {box, name, chosen, open}, `points` landmarks.
 * Its size is that of the picture itself, whatever the server has made it smaller to.
 */
export function photograph({ source, alt, size, boxes = [], points = [] }) {
  const image = el("img", { src: source, alt, decoding: "async" });
  const shape = size && { "--ratio": size[0] / size[1], "--wide": `${size[0]}px` };
  const figure = el("div", { class: size ? "photograph sized" : "photograph", style: shape || {} }, image);
  const draw = (width, height) => {
    figure.querySelector("svg")?.remove();
    figure.querySelectorAll(".spot").forEach((spot) => spot.remove());
    figure.append(drawn(width, height, boxes, points), ...boxes.map((own, i) =>
      spot(own, i, width, height)).filter(Boolean));
  };
  if (size) draw(...size);
  else image.addEventListener("load", () => draw(image.naturalWidth, image.naturalHeight));
  image.addEventListener("error", () => figure.classList.add("failed"));
  return figure;
}

function drawn(width, height, boxes, points) {
  const unit = Math.max(width, height) / 100;
  const marks = boxes.map(({ box: [x, y, w, h], chosen }) => svg("rect", {
    x, y, width: w, height: h, rx: unit, class: chosen ? "box chosen" : "box",
    "vector-effect": "non-scaling-stroke",
  }));
  const radius = pointSize(points);
  const dots = points.map(([x, y]) => svg("circle", { cx: x, cy: y, r: radius, class: "point" }));
  return svg("svg", {
    viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true",
  }, marks, dots);
}

function pointSize(points) {
  if (!points.length) return 1;
  const xs = points.map(([x]) => x);
  return Math.max(0.4, (Math.max(...xs) - Math.min(...xs)) / 90);
}

/** A button over a face that can be chosen. */
function spot({ box: [x, y, w, h], name, chosen, open }, index, width, height) {
  if (!open) return null;
  const share = (value, of) => `${(100 * value) / of}%`;
  return el("button", {
    type: "button", class: ["spot", chosen ? "chosen" : "", y / height < 0.07 ? "inside" : ""].join(" "), "aria-label": name,
    "aria-pressed": String(Boolean(chosen)), on: { click: open },
    style: {
      left: share(x, width), top: share(y, height),
      width: share(w, width), height: share(h, height),
    },
  }, el("span", { "aria-hidden": "true" }, String(index + 1)));
}
