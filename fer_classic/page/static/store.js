// The rows, what is decided about them, and who wants to know of changes.

import { get, post, Refused, windowName } from "./api.js";
import { tell } from "./dom.js";
import { t } from "./texts.js";

const NONE = { label: -1, confirmed: false, excluded: false, face: null, number: 0 };
const EVERY = 2000; // milliseconds between looks for what other windows did

export const store = { state: null, rows: null, decisions: new Map(), entries: 0 };
const listeners = new Set();

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const changed = (rows) => listeners.forEach((listener) => listener(rows));

export async function loadRows() {
  const { decisions, entries, ...columns } = await get("rows");
  store.rows = columns;
  store.entries = entries;
  take(decisions);
  setInterval(look, EVERY);
}

function take(decisions) {
  const rows = Object.keys(decisions).map(Number);
  for (const row of rows) store.decisions.set(row, decisions[row]);
  return rows;
}

async function look() {
  if (document.hidden || !store.rows) return;
  try {
    const { rows, entries } = await get(`changes/${store.entries}`);
    if (entries === store.entries) return;
    store.entries = entries;
    changed(take(rows));
  } catch (error) {
    if (error instanceof Refused && error.status === 0) tell(t("told.offline"), true);
  }
}

export const decision = (row) => store.decisions.get(row) ?? NONE;
export const decided = (row) => {
  const own = decision(row);
  return own.confirmed || own.excluded || own.face !== null;
};
/** The label that holds: the mended one, else the given one; -1 for none. */
export const label = (row) => (decision(row).label >= 0 ? decision(row).label : store.rows.label[row]);

/** Write a decision; another window that was faster is told instead. */
export async function decide(rows, action, value = null) {
  const seen = rows.map((row) => decision(row).number);
  return write("decide", { rows, seen, do: action, value, window: windowName() });
}

export async function undo() {
  const undone = await write("undo", { window: windowName() });
  if (undone && !Object.keys(undone.rows).length) tell(t("told.nothing"));
  return undone;
}

async function write(path, body) {
  try {
    const answer = await post(path, body);
    store.entries = Math.max(store.entries, answer.entries);
    const rows = take(answer.rows);
    changed(rows);
    return answer;
  } catch (error) {
    if (error.status === 409) {
      tell(t("told.conflict"), true);
      await look();
    } else {
      tell(error.status === 0 ? t("told.offline") : error.message, true);
    }
    return null;
  }
}

/** Rows of each set of copies, by its number. */
export function copiesOf(row) {
  const own = store.rows.copies[row];
  if (own < 0) return [row];
  const found = [];
  store.rows.copies.forEach((number, other) => { if (number === own) found.push(other); });
  return found;
}
