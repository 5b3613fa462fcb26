// A film's faces as bands over time, and the moment that is looked at.

import { el, svg } from "./dom.js";
import { percent, t, word } from "./texts.js";

const HIGH = 44; // of a band, in points of its canvas
/** By expression, as timeline.png has them. */
const COLOURS = {
  anger: "#d1495b", contempt: "#8d6a9f", disgust: "#6a994e", fear: "#7b5ea7",
  happiness: "#f2b134", neutral: "#c3c9d1", sadness: "#4a7fb5", surprise: "#36b39b",
};
const OTHERS = ["#a1674a", "#5a5a5a", "#e07bb5"];

export const colours = (classes) => {
  let others = 0;
  return classes.map((key) => COLOURS[key] ?? OTHERS[others++ % OTHERS.length]);
};

/** Seconds as 0:07.4, or 1:02:03 in a long film. */
export function clock(seconds, digits = 1) {
  const step = 10 ** digits;
  const whole = Math.round(seconds * step) / step;
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export class Bands {
  /** `film` is what the server tells; `seek(seconds)` is called when the time is moved. */
  constructor(film, seek) {
    this.film = film;
    this.colours = colours(film.classes);
    this.cursor = el("div", { class: "cursor", "aria-hidden": "true" });
    const rows = film.bands.map((own) => this.row(own));
    this.area = el("div", { class: "bands", on: {
      pointerdown: (event) => this.drag(event, seek), pointermove: (event) => this.drag(event, seek),
    } }, rows, rows.length ? this.cursor : null);
    this.node = el("div", { class: "timeline" }, this.area, this.ticks(),
      film.bands.length ? this.legend() : null);
  }

  row({ track, shares }) {
    const own = this.film.tracks.find((one) => one.track === track);
    const said = this.film.classes.map((key, i) => [word("class", key), own?.shares[i] ?? 0])
      .filter(([, share]) => share >= 0.005).map(([name, share]) => `${name} ${percent(share)}`);
    const text = t("film.band", {
      n: track, first: clock(own?.first ?? 0), last: clock(own?.last ?? 0), shares: said.join(", "),
    });
    return el("div", { class: "band" }, this.canvas(shares, text),
      el("span", { class: "who" }, own?.portrait
        ? el("img", { src: `api/film/face/${track}.jpg`, alt: "", loading: "lazy" }) : null, String(track)));
  }

  canvas(shares, text) {
    const steps = shares[0].length;
    const node = el("canvas", { width: steps, height: HIGH, role: "img", "aria-label": text });
    const pen = node.getContext("2d");
    for (let step = 0; step < steps; step += 1) {
      let low = HIGH;
      shares.forEach((values, code) => {
        if (values[step] < 0) return;
        const high = (values[step] * HIGH) / 100;
        pen.fillStyle = this.colours[code];
        pen.fillRect(step, low - high, 1, high);
        low -= high;
      });
    }
    return node;
  }

  ticks() {
    const { seconds } = this.film;
    const sizes = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
    const every = sizes.find((size) => seconds / size <= 6) ?? seconds / 6;
    const times = Array.from({ length: Math.floor(seconds / every) + 1 }, (_, i) => i * every)
      .filter((time) => time <= 0.96 * seconds);
    return el("div", { class: "ticks", "aria-hidden": "true" }, times.map((time) =>
      el("span", { style: { left: `${(100 * time) / seconds}%` } }, clock(time, every < 1 ? 1 : 0))));
  }

  legend() {
    return el("ul", { class: "legend" }, this.film.classes.map((key, code) => el("li", {},
      svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { width: 10, height: 10, rx: 2, fill: this.colours[code] })),
      word("class", key))));
  }

  drag(event, seek) {
    if (event.type === "pointermove" && !event.buttons) return;
    if (event.type === "pointerdown") this.area.setPointerCapture(event.pointerId);
    const { left, width } = this.area.getBoundingClientRect();
    seek(Math.max(0, Math.min(1, (event.clientX - left) / width)) * this.film.seconds);
    event.preventDefault();
  }

  show(seconds) {
    this.cursor.style.left = `${Math.min(100, (100 * seconds) / this.film.seconds)}%`;
  }
}
