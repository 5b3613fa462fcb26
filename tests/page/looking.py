"""What the tests in a browser share besides fixtures."""

import time

WIDE, PHONE = (1280, 860), (390, 844)
#: Milliseconds to wait for anything.
PATIENCE = 60_000


def wait_for(condition, seconds=60):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


#: What can be seen or used and has no name for those who listen.
NAMELESS = """() => [...document.querySelectorAll(
  "button, a, select, input:not([aria-hidden]), img, progress, video, [role=img]")]
  .filter((own) => own.checkVisibility())
  .filter((own) => !(own.ariaLabel || own.textContent.trim() || own.labels?.length
    || own.hasAttribute("alt") || own.title)).map((own) => own.outerHTML)"""

#: Words with too little contrast against what is behind them (WCAG: 4.5 to 1, large 3).
#: What lies over a picture is left out, and what is switched off.
PALE = """() => {
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parsed = (text) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) =>
    top[i] * top[3] + below[i] * (1 - top[3]));
  const behind = (node) => {
    if (!node) return [255, 255, 255];
    const own = parsed(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(node.parentElement));
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const node = walker.currentNode.parentElement;
    if (!text || !node.checkVisibility({ opacityProperty: true })) continue;
    if (node.closest("script, noscript, option, .hidden, .skip")) continue;
    const style = getComputedStyle(node);
    const ground = behind(node);
    const ink = parsed(style.color);
    ink[3] *= Number(style.opacity);
    const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio >= (large ? 3 : 4.5)) continue;
    found.push(`${ratio.toFixed(2)} ${node.tagName}.${node.className}: ${text}`);
  }
  return [...new Set(found)];
}"""

#: Words that are cut off, or that reach out of the window.
CUT = """() => [...document.querySelectorAll("main *, header *")]
  .filter((own) => own.checkVisibility() && own.textContent.trim())
  .filter((own) => own.childElementCount === 0)
  .filter((own) => !own.closest(".hidden, .table, pre, option, nav, .skip"))
  .filter((own) => {
    const box = own.getBoundingClientRect();
    const closed = getComputedStyle(own).overflow !== "visible";
    const cut = closed && own.scrollWidth > own.clientWidth + 1;
    return cut || box.right > innerWidth + 1 || box.left < -1;
  }).map((own) => `${own.tagName}.${own.className}: ${own.textContent}`)"""
