// Labels: what is probably wrong, one after the other, with as few keys as can be.

import { Browse } from "./browse.js";
import { name } from "./detail.js";
import { el, fill, select, tell } from "./dom.js";
import { decided, decision, label, onChange, store } from "./store.js";
import { count, t } from "./texts.js";

const status = (row) => store.rows.statuses[store.rows.status[row]];

/** Rows of each kind of doubt, the most doubtful first. */
const QUEUES = {
  doubt: (rows) => rows.filter((row) => store.rows.doubt[row] >= 0)
    .sort((a, b) => store.rows.doubt[a] - store.rows.doubt[b]),
  conflict: (rows) => conflicts(rows),
  faceless: (rows) => rows.filter((row) => status(row) === "no_face"),
  several: (rows) => rows.filter((row) => store.rows.faces[row] > 1),
  unlabelled: (rows) => rows.filter((row) => store.rows.label[row] < 0 && status(row) !== "unreadable"),
  unreadable: (rows) => rows.filter((row) => status(row) === "unreadable"),
  changed: (rows) => rows.filter(decided),
  all: (rows) => rows,
};

/** Copies of one picture that were given different labels, side by side. */
function conflicts(rows) {
  const { copies, label: given } = store.rows;
  const sets = new Map();
  for (const row of rows) {
    if (copies[row] < 0 || given[row] < 0) continue;
    if (!sets.has(copies[row])) sets.set(copies[row], []);
    sets.get(copies[row]).push(row);
  }
  const differ = [...sets.values()].filter((set) => new Set(set.map((row) => given[row])).size > 1);
  return differ.flat();
}

export class Labels {
  constructor() {
    const every = store.rows.names.map((_, row) => row);
    this.rows = Object.fromEntries(Object.entries(QUEUES).map(([key, find]) => [key, find([...every])]));
    this.queue = ["doubt", "conflict", "several", "faceless", "unlabelled", "all"]
      .find((key) => this.rows[key].length) ?? "all";
    this.fields = el("div", { class: "fields" });
    this.lead = el("p", { class: "note" });
    this.bar = el("progress", { max: 1, value: 0 });
    this.done = el("span", { class: "note", "aria-live": "polite" });
    this.said = el("p", { class: "hidden", "aria-live": "polite" });
    this.browse = new Browse({
      head: el("div", { class: "above" }, this.fields, this.lead,
        el("div", { class: "progress" }, this.bar, this.done), this.said),
      kind: "labels",
      after: (row, action) => this.after(row, action),
    });
    this.node = this.browse.node;
    this.stop = onChange(() => this.progress());
    this.show(this.queue);
  }

  choices() {
    this.rows.changed = QUEUES.changed(store.rows.names.map((_, row) => row));
    const queues = Object.keys(QUEUES).filter((key) => this.rows[key].length || key === this.queue);
    fill(this.fields, select(t("queue.choose"), queues.map((key) => [key,
      `${t(`queue.${key}`)} (${count(this.rows[key].length)})`]), this.queue, (key) => this.show(key)));
  }

  show(key) {
    this.queue = key;
    this.choices();
    this.lead.textContent = t(`queue.${key}_lead`);
    if (key === "conflict") this.browse.detail.node.dataset.together = "1";
    else delete this.browse.detail.node.dataset.together;
    this.browse.close();
    this.browse.detail.empty();
    this.browse.grid.chosen = null;
    this.browse.grid.node.scrollTop = 0;
    this.browse.show(this.rows[key]);
    this.progress();
    const wide = matchMedia("(min-width: 60rem)").matches;
    const first = this.rows[key].findIndex((row) => !decided(row));
    if (wide && this.rows[key].length) this.browse.grid.choose(Math.max(0, first));
  }

  progress() {
    const rows = this.rows[this.queue];
    const done = rows.filter(decided).length;
    this.bar.value = rows.length ? done / rows.length : 0;
    this.bar.setAttribute("aria-label", t("queue.done", { n: count(done), of: count(rows.length) }));
    this.done.textContent = t("queue.done", { n: count(done), of: count(rows.length) });
  }

  /** On to the next that is not decided; a chosen face waits for its label. */
  after(row, action) {
    if (action === "face") return;
    const rows = this.rows[this.queue];
    const at = rows.indexOf(row);
    const next = [...rows.keys()].slice(at + 1).find((index) => !decided(rows[index]));
    const now = decision(row).excluded ? t("state.excluded") : name(label(row));
    this.said.textContent = t("queue.said", { name: store.rows.names[row], now });
    if (next !== undefined) this.browse.grid.choose(next);
    else if (rows.every(decided)) tell(t("queue.end"));
  }

  key(event) { this.browse.key(event); }

  leave() {
    this.stop();
    this.browse.leave();
  }
}

/** How many labels were changed, for the last view. */
export function changes() {
  const rows = store.rows.names.map((_, row) => row);
  return {
    labels: rows.filter((row) => label(row) !== store.rows.label[row]).length,
    excluded: rows.filter((row) => store.decisions.get(row)?.excluded).length,
    faces: rows.filter((row) => store.decisions.get(row)?.face).length,
    confirmed: rows.filter((row) => store.decisions.get(row)?.confirmed).length,
  };
}
