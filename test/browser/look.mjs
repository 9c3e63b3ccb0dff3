// What must hold of any page, looked at from inside it: each function goes to page.evaluate() as it is, so that it uses
// nothing from around it, and returns what is wrong in words, or what it saw.

// Texts whose colour stands out too little from what is behind them, and the lightness of the page itself. WCAG's ratio:
// 4.5, or 3 for large letters and for the marks of a drawing.
export function colours() {
  const rgba = (text) => {
    const found = /^(rgba?|color)\((?:srgb )?([\d.e+-]+)[, ]+([\d.e+-]+)[, ]+([\d.e+-]+)(?:[,/ ]+([\d.e+-]+))?\)$/.exec(text);
    if (!found) throw new Error(`a colour that is not known: ${text}`);
    const scale = found[1] === "color" ? 255 : 1;
    return [found[2] * scale, found[3] * scale, found[4] * scale, Number(found[5] ?? 1)];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const lightness = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [lightness(one), lightness(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at && (layers[layers.length - 1]?.[3] ?? 0) < 1; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const opacity = (element) => {
    let product = 1;
    for (let at = element; at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity);
    return product;
  };
  const faint = [];
  const judge = (what, element, colour, back, least) => {
    const seen = over([...colour.slice(0, 3), colour[3] * opacity(element)], back);
    const found = ratio(seen, back);
    const kind = element.getAttribute("class") ?? element.tagName;
    if (found < least) faint.push(`${what.slice(0, 40)} (${kind}): ${found.toFixed(2)}, ${seen.map(Math.round)} on ${back.map(Math.round)}`);
  };
  const inDrawing = (element, style) => {
    const shape = element.parentElement.querySelector(":scope > .graph-shape");
    if (shape) return over(rgba(getComputedStyle(shape).fill), behind(element));
    return style.paintOrder.startsWith("stroke") ? over(rgba(style.stroke), behind(element)) : behind(element);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, title, textarea, noscript, :disabled, [aria-disabled=true]")) continue;
    const { width, height } = element.getBoundingClientRect();
    if (width < 2 || height < 2 || !element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const drawn = element instanceof SVGElement;
    judge(node.data.trim(), element, rgba(drawn ? style.fill : style.color), drawn ? inDrawing(element, style) : behind(element), large ? 3 : 4.5);
  }
  for (const bar of document.querySelectorAll(".timeline-bar")) judge("a bar", bar, rgba(getComputedStyle(bar).backgroundColor), behind(bar.parentElement), 3);
  for (const line of document.querySelectorAll(".plot path")) {
    const { stroke, fill } = getComputedStyle(line);
    judge("a line", line, rgba(stroke === "none" ? fill : stroke), behind(line.parentElement), 3);
  }
  const title = document.querySelector("h1");
  const ground = () => ({ page: lightness(behind(title)), body: getComputedStyle(document.body).backgroundColor, text: lightness(rgba(getComputedStyle(title).color)) });
  return { faint: [...new Set(faint)], ...ground() };
}

// What a hostile text made, did, or turned around: elements of its own, and directions beyond its own place.
export function astray() {
  const made = [...document.querySelectorAll('img, iframe, object, embed, script:not([src]), a[href^="javascript:" i], [onerror]')].map((one) => `made: ${one.outerHTML.slice(0, 120)}`);
  if (window.stung !== undefined) made.push(`ran: ${window.stung}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const turned = node.data.indexOf("\u202e");
    if (turned < 0 || node.data.slice(0, turned).includes("\u2068") || node.parentElement instanceof SVGElement) continue;
    let at = node.parentElement;
    if (at.closest("textarea, title")) continue;
    for (; ; at = at.parentElement) {
      const { display, unicodeBidi } = getComputedStyle(at);
      const inline = display === "inline";
      if (inline ? /isolate|plaintext/.test(unicodeBidi) : at.textContent === node.data) break;
      if (inline) continue;
      made.push(`turns what is beside it: ${at.textContent.slice(0, 120)}`);
      break;
    }
  }
  if (document.documentElement.scrollWidth > window.innerWidth) made.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  return made;
}

// All that is to be read: texts, and what stands in fields.
export function allText() {
  const fields = [...document.querySelectorAll("input, textarea")].map((field) => field.value);
  return [document.body.textContent, ...fields].join("\n");
}

// What a person sees in the page itself, in its order.
export function shownText() {
  const main = document.querySelector("main") ?? document.body;
  const fields = [...main.querySelectorAll("input, textarea")].map((field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : field.value));
  return [main.innerText, ...fields].join("\n");
}

// After a press of Tab: where the focus is now; whether the last place looked different while it had it.
export async function step() {
  // A long table draws the rows that come in sight with the next frames.
  if (document.activeElement.closest(".rows-body")) await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))));
  const look = (element) => {
    const around = [element, element.parentElement, element.parentElement?.parentElement, ...[...element.children].slice(0, 3)].filter(Boolean);
    return around
      .flatMap((one) => ["", "::before", "::after"].map((part) => getComputedStyle(one, part)))
      .map((style) => [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor, style.borderWidth, style.strokeWidth, style.stroke, style.backgroundColor, style.content].join())
      .join("\n");
  };
  const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class")?.split(" ")[0] ?? ""} ${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 40)}`;
  const walk = (window.walk ??= { seen: new Set(), last: undefined, look: "", unseen: [] });
  if (walk.last?.isConnected && look(walk.last) === walk.look) walk.unseen.push(name(walk.last));
  const now = document.activeElement;
  const again = walk.seen.has(now);
  // From the last one it goes to the browser, and from there to the first.
  if (now === document.body && walk.seen.size > 0 && !(walk.outside = !walk.outside)) return { end: true, unseen: walk.unseen };
  if (now === document.body) return { end: false };
  if (again) {
    const trapped = again && now !== [...walk.seen][0];
    return { end: true, trapped: trapped ? name(now) : undefined, unseen: walk.unseen };
  }
  walk.seen.add(now);
  walk.last = now;
  walk.look = look(now);
  return { end: false };
}

// What can be used and was not met by Tab. Of a group that arrow keys move in, one member is enough.
export function unreached() {
  const seen = window.walk.seen;
  const groups = '[role="tablist"], [role="radiogroup"], [role="toolbar"], [role="menu"], [role="listbox"]';
  const groupOf = (element) => (element.type === "radio" ? `radio ${element.name}` : element.closest(groups));
  const met = new Set([...seen].map(groupOf).filter(Boolean));
  const usable = 'a[href], button, input, select, textarea, summary, [role="button"], [role="link"], [role="tab"], [role="checkbox"], [role="radio"], [role="switch"]';
  const hidden = (element) => !element.checkVisibility({ checkVisibilityCSS: true }) || element.closest("[inert], [aria-hidden=true]");
  // The cross in a field: Escape and the delete key do the same.
  const convenience = (element) => element.tabIndex < 0 && element.closest('[class*="input-icon-right"], [class*="awsui_input-container"]');
  const wrong = [...document.querySelectorAll(usable)]
    .filter((one) => !one.matches(":disabled, [aria-disabled=true], [aria-current=step]") && !seen.has(one) && !met.has(groupOf(one)) && !hidden(one) && !convenience(one))
    .map((one) => `not by Tab: ${one.outerHTML.slice(0, 160)}`);
  // What the pointer may press must hold, or be in, something that the keyboard may.
  const keys = `${usable}, label, [tabindex]`;
  for (const one of document.querySelectorAll("main *")) {
    if (getComputedStyle(one).cursor !== "pointer" || getComputedStyle(one.parentElement).cursor === "pointer") continue;
    if (!one.closest(keys) && !one.querySelector(keys) && !hidden(one)) wrong.push(`by pointer only: ${one.outerHTML.slice(0, 160)}`);
  }
  return wrong;
}
