// The page's words, one table a language.

const LANGUAGES = ["en", "zh"];
let table = {};
export let language = "en";

export async function loadTexts(wanted) {
  const stored = localStorage.getItem("language");
  const own = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
  language = [wanted, stored, own].find((one) => LANGUAGES.includes(one));
  table = await (await fetch(`texts/${language}.json`)).json();
  if (wanted) localStorage.setItem("language", language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = t(node.dataset.text);
  }
}

/** The text of a key, its places such as {n} filled in. */
export function t(key, values = {}) {
  const text = table[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** The word for a class, status, region; the word itself if there is none. */
export const word = (group, name) => table[`${group}.${name}`] ?? String(name);

export const percent = (value, digits = 0) => `${(100 * value).toFixed(digits)}%`;
export const count = (value) => value.toLocaleString(language === "zh" ? "zh-CN" : "en");
