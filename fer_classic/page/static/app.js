// The page: which views there are, which one is open, and keys.

import { Again } from "./again.js";
import { get } from "./api.js";
import { el, fill, tell } from "./dom.js";
import { Film } from "./film.js";
import { Labels } from "./labels.js";
import { Live } from "./live.js";
import { Photo } from "./photo.js";
import { Results } from "./results.js";
import { loadRows, store } from "./store.js";
import { count, loadTexts, said, t } from "./texts.js";

const VIEWS = { photo: Photo, results: Results, labels: Labels, again: Again, film: Film, live: Live };
/** Those that wait until the photographs, or the film, are read. */
const READ = ["results", "labels", "again"];
const main = document.getElementById("main");
let view = null;

/** The views that there is something to show in. */
function present() {
  if (store.state.film) return ["film", "live", "photo"];
  return [...(store.state.inputs ? READ : []), "photo", "live"];
}

function wanted() {
  const name = location.hash.slice(1);
  return present().includes(name) ? name : present()[0];
}

function tabs() {
  const nav = document.getElementById("tabs");
  nav.setAttribute("aria-label", t("page.views"));
  const own = wanted();
  fill(nav, present().map((name) => el("a", {
    href: `#${name}`, "aria-current": name === own ? "page" : null,
  }, t(`view.${name}`))));
  const title = store.state.title ? `${store.state.title} · ` : "";
  document.title = `${t(`view.${own}`)} · ${title}fer-classic`;
}

function open() {
  const name = wanted();
  tabs();
  view?.leave?.();
  view = null;
  if ((READ.includes(name) && !store.rows) || (name === "film" && store.state.progress.step !== "ready")) {
    fill(main, el("div", { class: "column" }, reading));
    return;
  }
  try {
    view = new VIEWS[name]();
    fill(main, view.node);
  } catch (error) {
    fill(main, el("p", { class: "missing" }, String(error)));
    throw error;
  }
}

const bar = el("progress", { max: 1 });
const step = el("p", { class: "note", "aria-live": "polite" });
const reading = el("div", { class: "reading" }, step, bar);

/** Wait until the photographs are read, and tell how far it is. */
async function follow() {
  if (!store.state.inputs && !store.state.film) return;
  const { progress, error } = store.state;
  if (error) {
    fill(reading, el("p", { class: "missing" }, said(error)));
    return;
  }
  if (progress.step === "ready") {
    if (store.state.inputs) await loadRows();
    if (!["photo", "live"].includes(wanted())) open();
    else tabs();
    return;
  }
  const values = { done: count(progress.done), total: count(progress.total) };
  step.textContent = t(`step.${progress.step}`, values);
  if (progress.total) bar.value = progress.done / progress.total;
  else bar.removeAttribute("value");
  await new Promise((done) => { setTimeout(done, 500); });
  store.state = await get("state");
  await follow();
}

function key(event) {
  const field = event.target.closest?.("input, select, textarea, dialog[open]");
  if (field || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  view?.key?.(event);
}

async function start() {
  const language = document.getElementById("language");
  await loadTexts();
  language.value = document.documentElement.lang.slice(0, 2);
  language.addEventListener("change", async () => {
    await loadTexts(language.value);
    open();
  });
  store.state = await get("state");
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    main.focus();
  });
  window.addEventListener("hashchange", open);
  window.addEventListener("keydown", key);
  open();
  await follow();
}

start().catch((error) => tell(error.message || String(error), true));
