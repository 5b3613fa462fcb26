// What was decided, as a file, and what it is worth: both trainings side by side.

import { get, post } from "./api.js";
import { intervals } from "./bars.js";
import { breakable, button, el, fill, tell } from "./dom.js";
import { changes } from "./labels.js";
import { onChange, store } from "./store.js";
import { count, percent, t, word } from "./texts.js";

const EVERY = 700;

/** Percentage points with their sign. */
const points = (value) => {
  const text = Math.abs(100 * value).toFixed(1);
  return text === "0.0" ? text : `${value < 0 ? "−" : "+"}${text}`;
};

export class Again {
  constructor() {
    this.counts = el("p", { class: "large" });
    this.exported = el("div", { "aria-live": "polite" });
    this.result = el("div", { "aria-live": "polite" });
    this.node = el("div", { class: "again column" },
      el("section", {}, el("h2", {}, t("export.title")), this.counts,
        el("p", {}, t("export.lead")),
        button(t("export.do"), () => this.export(), { class: "main" }), this.exported,
        el("p", { class: "note" }, breakable(t("export.journal", { path: store.state.journal }))),
        store.state.unknown ? el("p", { class: "missing" }, t("export.unknown", { n: count(store.state.unknown) })) : null),
      el("section", {}, el("h2", {}, t("again.title")),
        el("p", {}, t(store.state.test ? "again.lead_test" : "again.lead_folds")), this.result));
    this.stop = onChange(() => {
      this.count();
      if (this.status) this.draw(this.status);
    });
    this.count();
    this.follow();
  }

  count() {
    const own = changes();
    const values = Object.fromEntries(Object.entries(own).map(([key, n]) => [key, count(n)]));
    this.counts.textContent = t("export.counts", values);
  }

  async export() {
    try {
      const made = await post("export");
      fill(this.exported,
        el("p", {}, breakable(t("export.done", { path: made.path, images: count(made.images), labelled: count(made.labelled) }))),
        el("pre", {}, breakable(made.command)),
        el("p", {}, el("a", { href: "api/export.csv", download: "mended.csv" }, t("export.download"))));
    } catch (error) {
      tell(error.message, true);
    }
  }

  async follow() {
    clearTimeout(this.timer);
    try {
      const status = await get("again");
      this.draw(status);
      if (status.state === "running") this.timer = setTimeout(() => this.follow(), EVERY);
    } catch (error) {
      tell(error.message, true);
    }
  }

  async ask(path) {
    try {
      await post(path);
      await this.follow();
    } catch (error) {
      fill(this.result, el("p", { class: "missing" }, error.message));
    }
  }

  draw(status) {
    const start = button(t("again.start"), () => this.ask("again"), { class: "main" });
    if (status.state === "running") {
      this.status = null;
      const text = t("again.running", { share: percent(status.done) });
      if (!this.bar) {
        this.bar = el("progress", { max: 1, "aria-label": t("again.title") });
        this.share = el("span", { class: "note" });
        fill(this.result, el("div", { class: "progress" }, this.bar, this.share),
          button(t("again.stop"), () => this.ask("again/stop")));
      }
      this.bar.value = status.done;
      this.share.textContent = text;
      return;
    }
    this.bar = null;
    this.status = status;
    const failed = status.state === "failed" ? el("p", { class: "missing" }, status.error) : null;
    const own = changes();
    const same = !(own.labels || own.excluded || own.faces);
    fill(this.result, status.state === "done" ? this.scores(status.result) : null, failed,
      same ? el("p", { class: "note" }, t("again.nothing")) : start);
  }

  scores(found) {
    const { difference: d } = found;
    const verdict = d.low > 0 ? "better" : d.high < 0 ? "worse" : "unclear";
    const share = (value) => (value === null ? "–" : percent(value, 1));
    const change = (before, after) => (before === null || after === null ? "–" : points(after - before));
    const head = [t("word.class"), t("again.before"), t("again.after"), t("again.change")];
    return el("div", { class: "scores" },
      found.entries === store.entries ? null : el("p", { class: "missing" }, t("again.stale")),
      el("h3", {}, t("again.scores")),
      intervals([[t("again.before"), found.before], [t("again.after"), found.after]], (value) => percent(value, 1)),
      el("h3", {}, t("again.change_long")),
      intervals([[t("again.points"), d]], points),
      el("p", { class: "large" }, t("again.difference", {
        value: points(d.value), low: points(d.low), high: points(d.high),
      })),
      el("p", {}, t(`again.${verdict}`)),
      el("p", { class: "note" }, t(`again.scored_${found.scored_on}`, {
        images: count(found.images), labels: count(found.changed.labels),
        excluded: count(found.changed.excluded), faces: count(found.changed.faces),
        seconds: found.seconds.toFixed(0),
      })),
      el("div", { class: "table" }, el("table", {},
        el("caption", {}, t("again.recalls")),
        el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, found.recalls.map(([key, before, after]) => el("tr", {},
          el("th", { scope: "row" }, word("class", key)),
          [share(before), share(after), change(before, after)].map((text) => el("td", {}, text))))))));
  }

  key() {}

  leave() {
    clearTimeout(this.timer);
    this.stop();
  }
}
