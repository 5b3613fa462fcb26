// A list of faces beside the one that is looked at; results and labels are both that.

import { el } from "./dom.js";
import { Detail, name, thumb } from "./detail.js";
import { Grid } from "./grid.js";
import { decision, label, onChange, store, undo } from "./store.js";
import { percent, t, word } from "./texts.js";

export class Browse {
  /** `head` stands above the list; `after(row, action)` is called when a decision is made. */
  constructor({ head, kind, after, changed }) {
    this.grid = new Grid({
      tile, describe, name: t("list.name"), open: (row) => this.look(row),
    });
    this.detail = new Detail({
      step: (by) => this.grid.step(by),
      open: (row) => this.look(row),
      close: () => this.close(),
      after: (row, action) => after?.(row, action),
    });
    this.none = el("p", { class: "note middle", hidden: true }, t("list.empty"));
    this.node = el("div", { class: `browse ${kind}` },
      el("div", { class: "list" }, head, this.none, this.grid.node), this.detail.node);
    this.stop = onChange((rows) => {
      this.grid.refresh(rows);
      changed?.(rows);
      if (rows.includes(this.detail.row)) this.detail.show(this.detail.row);
    });
  }

  show(rows) {
    this.none.hidden = rows.length > 0;
    this.grid.show(rows);
  }

  look(row) {
    this.node.classList.add("looking"); // on a phone the face covers the list
    if (!this.grid.node.checkVisibility()) this.detail.node.focus({ preventScroll: true });
    this.detail.show(row);
  }

  close() {
    this.node.classList.remove("looking");
    const tile = this.grid.tiles.get(this.grid.active)?.firstChild;
    tile?.focus({ preventScroll: true });
  }

  /** Keys that work wherever the focus is, save in fields. */
  key(event) {
    const { detail } = this;
    const digit = /^[0-9]$/.test(event.key) ? Number(event.key) : -1;
    const does = {
      c: () => detail.confirm(), x: () => detail.exclude(), u: () => undo(),
      w: () => detail.explain(), f: () => detail.nextFace(),
      ArrowLeft: () => this.grid.step(-1), ArrowRight: () => this.grid.step(1),
      Escape: () => this.close(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (digit >= 0 && detail.row !== null) detail.setLabel(digit);
    else if (does) does();
    else return;
    event.preventDefault();
  }

  leave() { this.stop(); }
}

function tile(row) {
  const { rows } = store;
  const own = decision(row);
  const answer = rows.answer[row];
  const wrong = answer >= 0 && label(row) >= 0 && answer !== label(row);
  const mark = own.excluded ? "excluded" : own.confirmed ? "decided" : "";
  const readable = rows.statuses[rows.status[row]] !== "unreadable";
  return [
    readable ? el("img", { src: thumb(row), alt: "", width: 96, height: 96, decoding: "async" })
      : el("span", { class: "broken" }, word("status", "unreadable")),
    el("span", { class: "label" }, name(label(row))),
    answer < 0 ? null : el("span", { class: wrong ? "answer wrong" : "answer" },
      `${name(answer)} ${percent(rows.sure[row])}`),
    mark ? el("span", { class: `mark ${mark}`, "aria-hidden": "true" }, own.excluded ? "×" : "✓") : null,
  ];
}

/** What a screen reader says of a tile. */
function describe(row) {
  const { rows } = store;
  const own = decision(row);
  const parts = [rows.names[row], t("list.label", { name: name(label(row)) })];
  if (rows.answer[row] >= 0) {
    parts.push(t("list.answer", { name: name(rows.answer[row]), share: percent(rows.sure[row]) }));
  }
  parts.push(word("status", rows.statuses[rows.status[row]]));
  if (own.excluded) parts.push(t("state.excluded"));
  else if (own.confirmed) parts.push(t("state.decided"));
  return parts.join(", ");
}
