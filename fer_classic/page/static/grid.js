// A list of any length: only what is in sight is in the document.

import { el } from "./dom.js";

const AHEAD = 2; // lines of tiles kept ready above and below

export class Grid {
  /** `tile(item)` makes a tile's content; `open(item)` is called when one is chosen. */
  constructor({ tile, open, name, describe, wide = 116, high = 152 }) {
    Object.assign(this, { tile, open, describe, wide, high });
    this.items = [];
    this.tiles = new Map();
    this.active = 0;
    this.chosen = null;
    this.space = el("div", { class: "space", role: "list", "aria-label": name });
    this.node = el("div", { class: "grid", tabindex: "-1" }, this.space);
    this.node.addEventListener("scroll", () => this.later(), { passive: true });
    this.node.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  show(items) {
    this.items = items;
    this.place = new Map(items.map((item, index) => [item, index]));
    this.active = Math.min(this.active, Math.max(0, items.length - 1));
    for (const index of [...this.tiles.keys()]) this.drop(index);
    this.draw();
  }

  /** Take a tile away; a picture that has not come yet is waited for no longer. */
  drop(index) {
    const node = this.tiles.get(index);
    const image = node.querySelector("img");
    if (image && !image.complete) image.removeAttribute("src");
    node.remove();
    this.tiles.delete(index);
  }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  get columns() {
    return Math.max(1, Math.floor(this.node.clientWidth / this.wide));
  }

  draw() {
    const { columns } = this;
    const lines = Math.ceil(this.items.length / columns);
    this.space.style.height = `${lines * this.high}px`;
    const top = Math.floor(this.node.scrollTop / this.high) - AHEAD;
    const bottom = Math.ceil((this.node.scrollTop + this.node.clientHeight) / this.high) + AHEAD;
    const first = Math.max(0, top * columns);
    const last = Math.min(this.items.length, bottom * columns);
    for (const index of [...this.tiles.keys()]) {
      if (index < first || index >= last) this.drop(index);
    }
    const width = this.node.clientWidth / columns;
    for (let index = first; index < last; index += 1) {
      const node = this.tiles.get(index) ?? this.make(index);
      const x = (index % columns) * width;
      const y = Math.floor(index / columns) * this.high;
      node.style.transform = `translate(${x}px, ${y}px)`;
      node.style.width = `${width}px`;
    }
  }

  make(index) {
    const item = this.items[index];
    const tile = el("button", {
      type: "button", class: "tile", tabindex: index === this.active ? "0" : "-1",
      "aria-label": this.describe(item), "aria-current": item === this.chosen ? "true" : null,
      on: { click: () => this.choose(index) },
    }, this.tile(item));
    const node = el("div", {
      class: "cell", role: "listitem",
      "aria-setsize": this.items.length, "aria-posinset": index + 1,
      style: { height: `${this.high}px` },
    }, tile);
    this.tiles.set(index, node);
    // In the order of the list, so that a screen reader reads it so.
    const after = [...this.tiles.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
    this.space.insertBefore(node, after === undefined ? null : this.tiles.get(after));
    return node;
  }

  /** Draw some items again, where they are in sight. */
  refresh(items) {
    for (const item of items) {
      const index = this.place?.get(item);
      const node = index === undefined ? null : this.tiles.get(index);
      if (!node) continue;
      const held = node.contains(document.activeElement);
      this.drop(index);
      this.make(index);
      if (held) this.tiles.get(index).firstChild.focus({ preventScroll: true });
    }
    this.draw();
  }

  choose(index, { focus = false } = {}) {
    if (index < 0 || index >= this.items.length) return false;
    const before = this.chosen;
    this.chosen = this.items[index];
    this.move(index, focus);
    this.refresh([before, this.chosen].filter((item) => item !== null));
    this.open(this.chosen);
    return true;
  }

  /** The neighbour of the chosen item; false where there is none. */
  step(by) {
    const at = this.place?.get(this.chosen);
    return this.choose(at === undefined ? 0 : at + by);
  }

  move(index, focus) {
    const before = this.tiles.get(this.active);
    if (before) before.firstChild.tabIndex = -1;
    this.active = index;
    const top = Math.floor(index / this.columns) * this.high;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    const over = top + this.high - this.node.clientHeight;
    if (over > this.node.scrollTop) this.node.scrollTop = over;
    this.draw();
    const tile = this.tiles.get(index)?.firstChild;
    if (tile) tile.tabIndex = 0;
    if (focus) tile?.focus({ preventScroll: true });
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { columns } = this;
    const page = columns * Math.max(1, Math.floor(this.node.clientHeight / this.high));
    const steps = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns,
      PageDown: page, PageUp: -page, Home: -this.items.length, End: this.items.length,
    };
    if (!(event.key in steps) || !this.items.length) return;
    event.preventDefault();
    event.stopPropagation();
    const wanted = this.active + steps[event.key];
    this.move(Math.max(0, Math.min(this.items.length - 1, wanted)), true);
  }
}
