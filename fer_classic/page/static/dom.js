// Elements without HTML text: names of files come from strangers and stay text.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: attributes, `class`, `on` (events), `style` (custom properties). */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else if (name === "style") {
      for (const [property, own] of Object.entries(value)) node.style.setProperty(property, own);
    } else {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Put other children into an element. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text that may be broken after the parts of a path, before it is broken anywhere. */
export const breakable = (text) => text.split(/(?<=\w[/\\]|：)/).flatMap((part) => [part, el("wbr")]);

export function button(text, handler, attributes = {}) {
  return el("button", { type: "button", on: { click: handler }, ...attributes }, text);
}

/** A button with its key shown. */
export function keyed(key, text, handler, attributes = {}) {
  const shown = el("kbd", { "aria-hidden": "true" }, key);
  return button([shown, el("span", {}, text)].flat(), handler, {
    "aria-keyshortcuts": key.toLowerCase(), ...attributes,
  });
}

export function select(label, options, value, handler) {
  const chosen = el("select", { on: { change: () => handler(chosen.value) } },
    options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
  return el("label", { class: "field" }, el("span", {}, label), chosen);
}

/** Say something to those who see and to those who listen. */
export function tell(text, bad = false) {
  const place = document.getElementById("told");
  place.textContent = text;
  place.onclick = () => { place.textContent = ""; }; // it may lie over something
  place.classList.toggle("bad", bad);
  clearTimeout(tell.timer);
  if (text) tell.timer = setTimeout(() => { place.textContent = ""; }, bad ? 12000 : 5000);
}
