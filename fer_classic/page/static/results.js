// A run: its confusion as buttons, and the faces behind each of them.

import { Browse } from "./browse.js";
import { button, el, fill, select } from "./dom.js";
import { name } from "./detail.js";
import { label, store } from "./store.js";
import { count, percent, t, word } from "./texts.js";

const SORTS = {
  sure: (a, b) => store.rows.sure[b] - store.rows.sure[a],
  unsure: (a, b) => store.rows.sure[a] - store.rows.sure[b],
  doubt: (a, b) => rank(a) - rank(b) || store.rows.given[a] - store.rows.given[b],
  class: (a, b) => label(a) - label(b) || store.rows.answer[a] - store.rows.answer[b],
  status: (a, b) => store.rows.status[b] - store.rows.status[a],
  name: (a, b) => (store.rows.names[a] < store.rows.names[b] ? -1 : 1),
};
const rank = (row) => (store.rows.doubt[row] < 0 ? Infinity : store.rows.doubt[row]);

export class Results {
  constructor() {
    const { parts, part } = store.rows;
    this.part = parts.length > 1 && parts.includes("test") ? parts.indexOf("test") : 0;
    this.cell = null;
    this.sort = part.some((own, row) => own === this.part && store.rows.answer[row] >= 0) ? "sure" : "name";
    this.status = "";
    this.table = el("div", { class: "table", on: { keydown: (event) => this.cellKey(event) } });
    this.score = el("summary", { class: "note" });
    this.matrix = el("details", { open: matchMedia("(min-height: 40rem) and (min-width: 40rem)").matches },
      this.score, this.table);
    this.fields = el("div", { class: "fields" });
    this.words = el("span", { "aria-live": "polite" });
    this.legend = el("span", {}, t("list.legend"));
    this.browse = new Browse({
      head: [el("div", { class: "above" }, this.fields, this.matrix),
        el("p", { class: "note shown" }, this.words, this.legend)],
      kind: "results", changed: () => this.confusion(),
    });
    this.node = this.browse.node;
    this.choices();
    this.confusion();
    this.list();
  }

  rows() {
    const found = [];
    store.rows.part.forEach((part, row) => { if (part === this.part) found.push(row); });
    return found;
  }

  choices() {
    const { parts, statuses, status } = store.rows;
    const present = [...new Set(this.rows().map((row) => status[row]))];
    const again = (key) => (value) => { this[key] = value; this.list(); };
    fill(this.fields,
      parts.length > 1 ? select(t("list.part"), parts.map((own, i) => [String(i), word("part", own)]),
        String(this.part), (value) => {
          this.part = Number(value);
          this.cell = null;
          this.status = "";
          this.choices();
          this.confusion();
          this.list();
        }) : null,
      select(t("list.sort"), Object.keys(SORTS).map((key) => [key, t(`sort.${key}`)]), this.sort, again("sort")),
      present.length > 1 ? select(t("list.status"),
        [["", t("list.all")], ...present.map((code) => [String(code), word("status", statuses[code])])],
        this.status, again("status")) : null);
  }

  /** Counts of label against answer, each a button. */
  confusion() {
    const k = store.state.classes.length;
    const rows = this.rows();
    const counts = Array.from({ length: k }, () => new Array(k).fill(0));
    let judged = 0;
    let right = 0;
    for (const row of rows) {
      const [own, answer] = [label(row), store.rows.answer[row]];
      if (own < 0 || answer < 0) continue;
      counts[own][answer] += 1;
      judged += 1;
      right += own === answer;
    }
    this.matrix.hidden = this.legend.hidden = !judged;
    if (!judged) return;
    const most = Math.max(...counts.flat(), 1);
    const names = store.state.classes.map((key) => word("class", key));
    const recalls = counts.map((row, i) => [row[i], row.reduce((a, b) => a + b, 0)]).filter(([, n]) => n);
    const balanced = recalls.reduce((sum, [hit, n]) => sum + hit / n, 0) / recalls.length;
    const head = el("tr", {}, el("th", { scope: "col" }, t("confusion.corner")), names.map((own) => el("th", { scope: "col" }, own)));
    const body = counts.map((row, i) => el("tr", {}, el("th", { scope: "row" }, names[i]),
      row.map((n, j) => el("td", {}, this.cellButton(i, j, n, n / most, names)))));
    this.score.textContent = t("confusion.score", {
      right: count(right), of: count(judged), balanced: percent(balanced, 1),
    });
    fill(this.table, el("table", { class: "confusion", style: { "--k": k } },
      el("caption", {}, t("confusion.caption")), el("thead", {}, head), el("tbody", {}, body)));
  }

  /** One stop of the Tab key for all numbers; arrows lead from one to the other. */
  cellKey(event) {
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    const step = steps[event.key];
    const [i, j] = (event.target.dataset?.cell ?? "").split(",").map(Number);
    const next = step && this.table.querySelector(`[data-cell="${i + step[0]},${j + step[1]}"]`);
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  cellButton(i, j, n, shade, names) {
    const [row, column] = this.cell ?? [0, 0];
    const chosen = this.cell && this.cell[0] === i && this.cell[1] === j;
    return button(count(n), () => {
      this.cell = chosen ? null : [i, j];
      this.confusion();
      this.list();
      this.table.querySelector(`[data-cell="${i},${j}"]`)?.focus();
    }, {
      class: i === j ? "cell-button right" : "cell-button", style: { "--v": shade },
      "data-cell": `${i},${j}`, tabindex: i === row && j === column ? "0" : "-1", "aria-pressed": String(Boolean(chosen)),
      "aria-label": t("confusion.cell", { n: count(n), label: names[i], answer: names[j] }),
    });
  }

  list() {
    let rows = this.rows();
    if (this.cell) {
      const [own, answer] = this.cell;
      rows = rows.filter((row) => label(row) === own && store.rows.answer[row] === answer);
    }
    if (this.status !== "") rows = rows.filter((row) => store.rows.status[row] === Number(this.status));
    rows.sort((a, b) => SORTS[this.sort](a, b) || a - b);
    const of = this.cell && t("list.cell", { label: name(this.cell[0]), answer: name(this.cell[1]) });
    fill(this.words, [t("list.shown", { n: count(rows.length) }), of].filter(Boolean).join(" · "),
      this.cell ? button(t("list.clear"), () => { this.cell = null; this.confusion(); this.list(); }, { class: "plain" }) : null);
    this.browse.show(rows);
  }

  key(event) { this.browse.key(event); }

  leave() { this.browse.leave(); }
}
