// A film that was analyzed: its timeline, and what is seen at the time that is looked at.

import { get } from "./api.js";
import { Bands, clock } from "./bands.js";
import { probabilities } from "./bars.js";
import { breakable, button, el, fill, keyed } from "./dom.js";
import { colour, drawFaces, says } from "./overlay.js";
import { count, percent, t, word } from "./texts.js";

const SHOWN = 12; // faces of a moment with their probabilities

export class Film {
  constructor() {
    this.node = el("div", { class: "film column" }, el("p", { class: "note" }, t("film.opening")));
    this.position = 0;
    this.load();
  }

  async load() {
    try {
      this.film = await get("film");
    } catch (error) {
      fill(this.node, el("p", { class: "missing" }, error.message));
      return;
    }
    if (!this.left) this.draw();
  }

  draw() {
    const { film } = this;
    this.bands = new Bands(film, (seconds) => this.seek(seconds));
    this.slider = el("input", {
      type: "range", min: 0, max: Math.round(1000 * film.seconds), step: 1, value: 0,
      "aria-label": t("film.time"), on: {
        input: () => this.seek(this.slider.value / 1000), keydown: (event) => this.key(event),
      },
    });
    this.play = keyed(t("film.space"), t("film.play"), () => this.toggle(), { class: "main" });
    this.now = el("span", { class: "now" });
    this.picture = el("img", { alt: "", decoding: "sync" });
    this.over = el("div", { class: "over" });
    this.faces = el("div", { class: "faces" });
    this.trouble = el("div", { "aria-live": "polite" });
    fill(this.node,
      el("h2", { class: "title" }, film.name),
      this.notes().map((note) => el("p", { class: "missing" }, breakable(note))),
      el("div", { class: film.missing ? "moment alone" : "moment" },
        film.missing ? null : el("div", { class: "stage", style: shape(film.size) }, this.picture, this.over),
        el("div", { class: "controls" },
          el("div", { class: "player" },
            button("‹", () => this.step(-1), { class: "round", "aria-label": t("film.previous"), title: t("film.previous") }),
            this.play,
            button("›", () => this.step(1), { class: "round", "aria-label": t("film.next"), title: t("film.next") }),
            this.now),
          el("div", { class: "scrub" }, this.slider, this.bands.node)),
        el("section", { class: "said", "aria-label": t("film.moment") }, this.trouble, this.faces)),
      film.bands.length < film.faces ? el("p", { class: "note" }, t("film.longest", {
        n: count(film.bands.length), of: count(film.faces) })) : null,
      film.tracks.length ? this.table() : null);
    this.show(0);
  }

  /** What went wrong, and why there are no pictures. */
  notes() {
    const { missing, notes, faces, times } = this.film;
    const why = missing && (missing.kind === "other" ? missing.text : t(`film.${missing.kind}`, { path: missing.path }));
    return [why || null, faces ? null : t("film.nobody", { n: count(times.length) }), ...notes].filter(Boolean);
  }

  table() {
    const { film } = this;
    const head = [t("film.face"), t("film.from"), t("film.to"), t("film.seen"), ...film.classes.map((key) => word("class", key))];
    return el("section", {}, el("h3", {}, t("film.all")), el("div", { class: "table" }, el("table", {},
      el("caption", {}, t("film.shares")),
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, film.tracks.map((own) => el("tr", {},
        el("th", { scope: "row" }, button(String(own.track), () => this.seek(own.first), {
          class: "plain", "aria-label": t("film.go", { n: own.track, time: clock(own.first) }) })),
        [clock(own.first), clock(own.last), own.seconds.toFixed(1), ...own.shares.map((share) => percent(share))]
          .map((text) => el("td", {}, text))))))));
  }

  /** The frame shown at a second: the last that is not after it. */
  at(seconds) {
    const { times } = this.film;
    let [low, high] = [0, times.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= 1000 * seconds + 0.5) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  seek(seconds) { this.show(this.at(seconds)); }

  step(by) {
    this.stop();
    this.show(this.position + by);
  }

  /** Show a frame; while one is fetched, only the newest wish is kept. */
  show(position) {
    this.position = Math.max(0, Math.min(this.film.times.length - 1, position));
    const seconds = this.film.times[this.position] / 1000;
    this.slider.value = 1000 * seconds;
    this.bands.show(seconds);
    fill(this.now, t("film.now", { time: clock(seconds, 2), of: clock(this.film.seconds, 2) }));
    this.wanted = this.position;
    if (!this.busy) this.fetch();
  }

  async fetch() {
    this.busy = true;
    this.node.setAttribute("aria-busy", "true");
    while (this.wanted !== null && !this.left) {
      const { wanted } = this;
      this.wanted = null;
      try {
        await this.frame(wanted);
        fill(this.trouble);
      } catch (error) {
        const text = error.status === 0 ? t("told.offline") : error.message;
        fill(this.trouble, el("p", { class: "missing" }, text));
        this.stop();
      }
    }
    this.busy = false;
    this.node.removeAttribute("aria-busy");
  }

  async frame(position) {
    const { film } = this;
    const source = `api/film/${position}/frame.jpg`;
    const image = film.missing ? null : picture(source);
    const moment = await get(`film/${position}`);
    if (image) {
      const shown = await image;
      if (!shown) await why(source);
      this.picture.src = shown.src;
      const names = moment.faces.map((face) => `${t("film.one", { n: face.track })}: ${says(face, film.classes)}`);
      this.picture.alt = t("film.alt", { time: clock(film.times[position] / 1000, 2), faces: names.join(", ") || t("film.none") });
      drawFaces(this.over, film.size, moment.faces, film.classes);
    }
    this.slider.setAttribute("aria-valuetext", [clock(film.times[position] / 1000, 2),
      ...moment.faces.map((face) => `${face.track} ${says(face, film.classes)}`)].join(", "));
    fill(this.faces, moment.faces.length ? facesNow(moment.faces.slice(0, SHOWN), film.classes)
      : el("p", { class: "note" }, t("film.none")));
  }

  toggle() {
    if (this.playing) this.stop();
    else this.start();
  }

  start() {
    const { times } = this.film;
    if (this.position === times.length - 1) this.show(0);
    this.playing = true;
    this.named(t("film.pause"));
    const [clockStart, filmStart] = [performance.now(), times[this.position]];
    const turn = () => {
      if (!this.playing) return;
      const seconds = (filmStart + performance.now() - clockStart) / 1000;
      const position = this.at(seconds);
      if (position !== this.position) this.show(position);
      if (position === times.length - 1) this.stop();
      else requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  stop() {
    this.playing = false;
    this.named(t("film.play"));
  }

  named(text) { this.play.lastChild.textContent = text; }

  key(event) {
    if (!this.slider) return;
    const second = (by) => this.seek(this.film.times[this.position] / 1000 + by);
    const does = {
      ArrowLeft: () => (event.shiftKey ? second(-1) : this.step(-1)),
      ArrowRight: () => (event.shiftKey ? second(1) : this.step(1)),
      PageUp: () => second(-10), PageDown: () => second(10),
      Home: () => this.show(0), End: () => this.show(this.film.times.length - 1),
      " ": event.target.closest?.("button, a") ? null : () => this.toggle(),
    }[event.key];
    if (!does) return;
    does();
    event.preventDefault();
    event.stopPropagation();
  }

  leave() {
    this.left = true;
    this.playing = false;
  }
}

const shape = ([width, height]) => ({ "--ratio": width / height, "--wide": `${width}px` });

/** An image that is decoded already; null where it cannot be had. */
async function picture(source) {
  const image = new Image();
  image.src = source;
  return image.decode().then(() => image, () => null);
}

/** Ask again for a picture that did not come, for the server's sentence. */
async function why(source) {
  await get(source.slice("api/".length));
  throw new Error(source);
}

/** Probabilities of each face of a moment. */
export function facesNow(faces, classes) {
  return faces.map((face) => el("section", { class: "one" },
    el("h4", { style: { "--own": colour(face.track) } }, t("film.one", { n: face.track })),
    probabilities(classes, face.probabilities, -1, false)));
}
