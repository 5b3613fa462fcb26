// Questions to the server, all below the address that holds the key.

import { said } from "./texts.js";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answered(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "default", ...options });
  } catch {
    throw new Refused(0, "offline");
  }
  const json = (response.headers.get("content-type") || "").startsWith("application/json");
  const content = json ? await response.json() : await response.text();
  if (!response.ok) throw new Refused(response.status, said(json ? content.error : content.trim()));
  return content;
}

export const get = (path) => answered(`api/${path}`);

export function post(path, value = {}) {
  const headers = { "content-type": "application/json" };
  return answered(`api/${path}`, { method: "POST", headers, body: JSON.stringify(value) });
}

export function send(path, blob) {
  const headers = { "content-type": "application/octet-stream" };
  return answered(`api/${path}`, { method: "POST", headers, body: blob });
}

/** The name of this window, for undo; it lasts as long as the tab. */
export function windowName() {
  let name = sessionStorage.getItem("window");
  if (!name) {
    name = crypto.randomUUID();
    sessionStorage.setItem("window", name);
  }
  return name;
}
