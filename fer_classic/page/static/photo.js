// One photograph: dropped, pasted, chosen or taken, and every face in it.

import { get, send } from "./api.js";
import { probabilities, showWhy } from "./bars.js";
import { Camera } from "./camera.js";
import { button, el, fill, keyed, tell } from "./dom.js";
import { photograph } from "./picture.js";
import { store } from "./store.js";
import { count, percent, t, word } from "./texts.js";

const LARGEST = 64 * 2 ** 20;

export class Photo {
  constructor() {
    this.file = el("input", { type: "file", accept: "image/*", class: "hidden", tabindex: "-1",
      "aria-hidden": "true", on: { change: () => this.take(this.file.files[0]) } });
    this.camera = new Camera((blob) => this.take(blob));
    this.drop = el("div", { class: "drop" },
      el("p", { class: "large by-mouse" }, t("photo.drop")),
      el("p", { class: "note" }, t("photo.lead")),
      el("div", { class: "choices" },
        button(t("photo.choose"), () => this.file.click(), { class: "main" }),
        button(t("photo.camera"), () => this.camera.open())),
      el("p", { class: "note" }, t("photo.private")), this.file, this.camera.node);
    this.result = el("div", { class: "result", "aria-live": "polite" });
    const { inputs, film } = store.state;
    this.more = inputs || film ? null : el("div", { class: "more" }, el("p", { class: "note" }, t("photo.more")),
      el("pre", {}, "fer-classic page runs/first\nfer-classic page train/"));
    this.node = el("div", { class: "photo column" }, this.drop, this.result, this.more ?? "");
    this.listeners = {
      paste: (event) => this.paste(event),
      dragover: (event) => { event.preventDefault(); this.drop.classList.add("over"); },
      dragleave: () => this.drop.classList.remove("over"),
      drop: (event) => this.dropped(event),
    };
    for (const [name, own] of Object.entries(this.listeners)) window.addEventListener(name, own);
  }

  paste(event) {
    const file = [...event.clipboardData.files].find((own) => own.type.startsWith("image/"));
    if (file) this.take(file);
    else tell(t("photo.no_image"), true);
  }

  dropped(event) {
    event.preventDefault();
    this.drop.classList.remove("over");
    if (event.dataTransfer.files.length) this.take(event.dataTransfer.files[0]);
    else tell(t("photo.no_image"), true);
  }

  async take(blob) {
    if (!blob) return;
    this.file.value = ""; // the same file may be chosen again
    this.node.classList.add("used");
    if (blob.size > LARGEST) {
      fill(this.result, el("p", { class: "missing" }, t("photo.large", { n: LARGEST / 2 ** 20 })));
      return;
    }
    const turn = Symbol("turn");
    this.turn = turn;
    this.result.setAttribute("aria-busy", "true");
    fill(this.result, el("p", { class: "note" }, t("photo.working")));
    try {
      const found = await send("photo", blob);
      if (this.turn === turn) this.show(found);
    } catch (error) {
      if (this.turn === turn) {
        const text = error.status === 0 ? t("told.offline") : error.message;
        fill(this.result, el("p", { class: "missing" }, t("photo.failed", { reason: text })));
      }
    }
    this.result.removeAttribute("aria-busy");
  }

  show(found) {
    this.found = found;
    this.chosen = 0;
    this.draw();
  }

  draw() {
    const { found, chosen } = this;
    const faces = found.faces.filter((face) => face.status === "face").length;
    const nobody = found.faces[chosen].status === "no_face"; // its box and landmarks are of none
    const boxes = (nobody ? [] : found.faces).map((face, i) => ({
      box: face.box, chosen: i === chosen,
      name: t("photo.face", { n: i + 1, name: this.best(face) }),
      open: faces > 1 ? () => this.choose(i) : null,
    }));
    const face = found.faces[chosen];
    this.why = el("div", { "aria-live": "polite" });
    const name = nobody ? t("photo.whole_answer", { name: this.best(face) }) : this.best(face);
    const text = faces ? t(faces === 1 ? "photo.one" : "photo.many", { n: count(faces) })
      : t(face.status === "whole" ? "photo.whole" : "photo.none");
    fill(this.result,
      el("div", { class: "beside" },
        photograph({
          source: `api/photo/${found.name}/photo.jpg`, alt: t("photo.alt"),
          size: [found.width, found.height], boxes, points: nobody ? [] : face.points,
        }),
        el("div", { class: "said" },
          el("p", { class: nobody ? "missing" : "note" }, text),
          faces > 1 ? this.faces() : null,
          el("h2", {}, faces > 1 ? t("photo.face", { n: chosen + 1, name }) : name),
          probabilities(store.state.classes, face.probabilities),
          this.explained() ? keyed("W", t("do.why"), () => this.explain()) : null,
          this.why)));
  }

  faces() {
    return el("div", { class: "choices", role: "group", "aria-label": t("photo.faces") },
      this.found.faces.map((face, i) => button(`${i + 1} ${this.best(face)}`, () => this.choose(i), {
        "aria-pressed": String(i === this.chosen), title: percent(Math.max(...face.probabilities)),
      })));
  }

  choose(i) {
    this.chosen = i;
    this.draw();
    this.result.querySelectorAll(".said .choices button")[i]?.focus({ preventScroll: true });
  }

  best(face) {
    const code = face.probabilities.indexOf(Math.max(...face.probabilities));
    return word("class", store.state.classes[code]);
  }

  explained() { return !store.state.network && this.found.faces[this.chosen].status !== "no_face"; }

  explain() {
    if (!this.explained()) return;
    const base = `photo/${this.found.name}/${this.chosen}`;
    showWhy(this.why, store.state.classes, () => get(`${base}/why`),
      `api/${base}/face.png`, `api/${base}/heat.png`);
  }

  key(event) {
    if (!this.found || this.camera.node.open) return;
    const last = this.found.faces.length - 1;
    if (event.key === "w") this.explain();
    else if (event.key === "ArrowRight" && this.chosen < last) this.choose(this.chosen + 1);
    else if (event.key === "ArrowLeft" && this.chosen > 0) this.choose(this.chosen - 1);
    else return;
    event.preventDefault();
  }

  leave() {
    for (const [name, own] of Object.entries(this.listeners)) window.removeEventListener(name, own);
    this.camera.close();
  }
}
