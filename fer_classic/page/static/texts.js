// The page's words, one table a language.

const LANGUAGES = ["en", "zh"];
const PLACE = /\{(\w+)\}/g;
let table = {};
let english = {};
export let language = "en";

export async function loadTexts(wanted) {
  const stored = localStorage.getItem("language");
  const own = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
  language = [wanted, stored, own].find((one) => LANGUAGES.includes(one));
  table = await words(language);
  english = language === "en" ? table : await words("en");
  if (wanted) localStorage.setItem("language", language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = t(node.dataset.text);
  }
}

const words = async (name) => (await fetch(`texts/${name}.json`)).json();

/** The text of a key, its places such as {n} filled in. */
export function t(key, values = {}) {
  const text = table[key];
  if (text === undefined) return key;
  return text.replace(PLACE, (whole, name) => (name in values ? values[name] : whole));
}

/** A sentence of the server in the page's language, where its words are known. */
export function said(text) {
  if (language === "en") return text;
  for (const [key, pattern] of Object.entries(english)) {
    if (!key.startsWith("reason.")) continue;
    const names = [...pattern.matchAll(PLACE)].map(([, name]) => name);
    const fixed = pattern.split(/\{\w+\}/).map((part) => part.replace(/[^\w\s]/g, "\\$&"));
    const found = text.match(new RegExp(`^${fixed.join("(.*)")}$`));
    if (found) return t(key, Object.fromEntries(names.map((name, i) => [name, said(found[i + 1])])));
  }
  return text;
}

/** The word for a class, status, region; the word itself if there is none. */
export const word = (group, name) => table[`${group}.${name}`] ?? String(name);

export const percent = (value, digits = 0) => `${(100 * value).toFixed(digits)}%`;
export const count = (value) => value.toLocaleString(language === "zh" ? "zh-CN" : "en");
