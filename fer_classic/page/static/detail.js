// One picture of the collection: the whole photograph, what is said of it, what can be done.

import { get } from "./api.js";
import { probabilities, showWhy } from "./bars.js";
import { button, el, fill, keyed, tell } from "./dom.js";
import { photograph } from "./picture.js";
import { copiesOf, decide, decision, label, store, undo } from "./store.js";
import { count, percent, said, t, word } from "./texts.js";

export class Detail {
  /** `step(by)` shows a neighbour, `open(row)` another row, `close()` goes back to the list. */
  constructor({ step, open, close, after }) {
    Object.assign(this, { step, open, close, after });
    this.row = null;
    this.node = el("section", { class: "detail", "aria-label": t("face.title"), tabindex: "-1" });
    this.empty();
  }

  empty() {
    this.row = null;
    fill(this.node, el("p", { class: "note middle" }, t("face.choose")));
  }

  async show(row) {
    this.row = row;
    this.boxes = null;
    try {
      const found = await get(`row/${row}`);
      if (this.row === row) this.found = found;
      else return;
    } catch (error) {
      fill(this.node, el("p", { class: "missing" }, error.message));
      return;
    }
    this.draw();
    if (store.rows.faces[row] > 1) this.findFaces(row);
    this.findNear(row);
  }

  draw() {
    const { row, found } = this;
    const { rows } = store;
    this.photo = el("div", { class: "place" });
    this.why = el("div", { "aria-live": "polite" });
    this.near = el("div", { class: "near" });
    this.drawPhoto();
    const held = this.node.contains(document.activeElement) ? sign(document.activeElement) : null;
    fill(this.node,
      el("div", { class: "head" },
        button("‹", () => this.step(-1), { class: "round", "aria-label": t("do.previous"), title: t("do.previous") }),
        el("h2", { class: "file" }, rows.names[row]),
        button("›", () => this.step(1), { class: "round", "aria-label": t("do.next"), title: t("do.next") }),
        button("×", () => this.close(), { class: "round close", "aria-label": t("do.close"), title: t("do.close") })),
      this.photo,
      found.error ? el("p", { class: "missing" }, t("face.unreadable", { reason: said(found.error) })) : null,
      found.note ? el("p", { class: "note" }, found.note) : null,
      this.status(),
      this.actions(),
      found.probabilities ? probabilities(store.state.classes, found.probabilities, rows.label[row]) : null,
      found.probabilities ? this.source() : null,
      this.copies(),
      this.explained() ? el("p", {}, keyed("W", t("do.why"), () => this.explain())) : null,
      this.why, this.near);
    if (held !== null) this.focus(held);
  }

  /** Where the keyboard was before all was drawn anew. */
  focus(held) {
    const same = [...this.node.querySelectorAll("button")].find((own) => sign(own) === held);
    (same ?? this.node).focus({ preventScroll: true });
  }

  /** Whether there is a face that was landmarked, so that its regions mean something. */
  face() {
    return Boolean(decision(this.row).face) || store.rows.statuses[store.rows.status[this.row]] !== "no_face";
  }

  explained() { return !this.found.error && !store.state.network && this.face(); }

  drawPhoto() {
    const { row, found } = this;
    if (found.error) return fill(this.photo);
    const own = decision(row).face ?? found.box;
    const boxes = this.boxes ? this.boxes.map((box, i) => ({
      box, chosen: same(box, own), name: t("face.number", { n: i + 1 }), open: () => this.chooseFace(box),
    })) : [];
    const face = this.face();
    if (face && !boxes.some((one) => one.chosen)) boxes.unshift({ box: own, chosen: true });
    const points = decision(row).face || !face ? [] : found.points;
    const alt = t("face.alt", { name: store.rows.names[row] });
    // Boxes are in pixels of the photograph, which may be larger than the picture sent.
    const source = `api/row/${row}/photo.jpg`;
    const several = this.boxes?.length ?? store.rows.faces[row];
    return fill(this.photo, photograph({ source, alt, boxes, points, size: found.size }),
      several > 1 ? el("p", { class: "note" }, t("face.several", { n: count(several) })) : null);
  }

  async findFaces(row) {
    try {
      const { boxes } = await get(`row/${row}/faces`);
      if (this.row !== row) return;
      this.boxes = boxes;
      this.drawPhoto();
    } catch (error) {
      tell(error.message, true);
    }
  }

  async findNear(row) {
    if (this.found.error) return;
    try {
      const near = await get(`row/${row}/near`);
      if (this.row !== row || !near.length) return;
      fill(this.near, el("h3", {}, t("face.near")), el("ul", { class: "strip" }, near.map(([other, like]) =>
        el("li", {}, button([
          el("img", { src: thumb(other), alt: "", loading: "lazy" }),
          el("span", {}, name(label(other))), el("small", {}, percent(like)),
        ], () => this.open(other), { title: store.rows.names[other] })))));
    } catch (error) {
      fill(this.near, el("p", { class: "note" }, error.message));
    }
  }

  status() {
    const { row, found } = this;
    const own = decision(row);
    const given = store.rows.label[row];
    const parts = [];
    const place = found.problem ? problem(found.problem) : name(given);
    parts.push([t("face.given"), place]);
    if (own.label >= 0 && own.label !== given) parts.push([t("face.mended"), name(own.label)]);
    if (store.rows.answer[row] >= 0) {
      parts.push([t("face.answer"), `${name(store.rows.answer[row])}, ${percent(store.rows.sure[row])}`]);
    }
    parts.push([t("face.status"), word("status", store.rows.statuses[store.rows.status[row]])]);
    const state = own.excluded ? t("state.excluded") : own.confirmed ? t("state.decided") : "";
    return el("div", { class: "facts" },
      el("dl", {}, parts.map(([key, value]) => el("div", {}, el("dt", {}, key), el("dd", {}, value)))),
      state ? el("p", { class: own.excluded ? "state excluded" : "state" }, state) : null);
  }

  actions() {
    const { row } = this;
    const own = decision(row);
    const current = label(row);
    const classes = store.state.classes.map((key, code) => keyed(String(code), word("class", key),
      () => this.setLabel(code), { "aria-pressed": String(!own.excluded && own.confirmed && current === code) }));
    return el("div", { class: "actions", role: "group", "aria-label": t("do.label") },
      el("div", { class: "choices" }, classes),
      el("div", { class: "choices" },
        store.rows.label[row] >= 0 ? keyed("C", t("do.confirm"), () => this.confirm()) : null,
        keyed("X", t("do.exclude"), () => this.exclude(), { "aria-pressed": String(own.excluded) }),
        store.rows.faces[row] > 1 ? keyed("F", t("do.face"), () => this.nextFace()) : null,
        keyed("U", t("do.undo"), () => undo())));
  }

  source() {
    const by = store.state.judged_by[store.rows.parts[store.rows.part[this.row]]];
    return by ? el("p", { class: "note" }, t(`judged.${by}`)) : null;
  }

  copies() {
    const others = copiesOf(this.row).filter((row) => row !== this.row);
    if (!others.length) return null;
    const conflict = others.some((row) => label(row) !== label(this.row));
    return el("div", { class: "copies" },
      el("h3", {}, t(`face.${others.length > 1 ? "copies" : "copy"}${conflict ? "_conflict" : ""}`, { n: count(others.length) })),
      el("ul", {}, others.slice(0, 20).map((row) => el("li", {},
        button(`${store.rows.names[row]}: ${name(label(row))}`, () => this.open(row), { class: "plain" })))),
      conflict && this.node.dataset.together ? el("p", { class: "note" }, t("face.together")) : null);
  }

  rows() {
    return this.node.dataset.together ? copiesOf(this.row).slice(0, 1000) : [this.row];
  }

  async act(action, value) {
    const { row } = this;
    if (row === null || this.busy) return;
    this.busy = true; // two quick presses are not two decisions
    const done = await decide(action === "face" ? [row] : this.rows(), action, value);
    this.busy = false;
    if (done && this.row === row) this.after(row, action);
  }

  setLabel(code) {
    const key = store.state.classes[code];
    if (key) this.act("label", key);
  }

  confirm() {
    if (this.row !== null && store.rows.label[this.row] >= 0) this.act("confirm", null);
  }

  exclude() { this.act("exclude", null); }

  chooseFace(box) { this.act("face", box); }

  nextFace() {
    if (!this.boxes || this.boxes.length < 2) return;
    const own = decision(this.row).face ?? this.found.box;
    const at = this.boxes.findIndex((box) => same(box, own));
    this.chooseFace(this.boxes[(at + 1) % this.boxes.length]);
  }

  explain() {
    const { row } = this;
    if (row === null || !this.explained()) return;
    const stamp = decision(row).number;
    showWhy(this.why, store.state.classes, () => get(`row/${row}/why`),
      `api/row/${row}/face.png?${stamp}`, `api/row/${row}/heat.png?${stamp}`);
  }
}

export const thumb = (row) => `api/row/${row}/thumb.jpg?${decision(row).face ? decision(row).number : 0}`;
export const name = (code) => (code >= 0 ? word("class", store.state.classes[code]) : t("face.no_label"));
/** What a control is known by in any picture: its key, or its name. */
const sign = (own) => own.getAttribute("aria-keyshortcuts") ?? own.getAttribute("aria-label") ?? "";
const same = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i]))) < 1;

function problem(text) {
  if (text === "no label") return t("face.no_label");
  return text.startsWith("class ") ? word("class", text.slice(6)) : text;
}
