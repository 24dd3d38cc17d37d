// Texts and numbers in the reader's language. In: <template id="texts">. Out: text(key), plural(key, n), format(...).
const root = document.documentElement;
// Dates in English are told the European way.
export const locale = root.lang === "en" ? "en-GB" : root.lang;
export const zone = root.dataset.zone || undefined;
const rules = new Intl.PluralRules(locale);
const texts = new Map();
for (const node of document.getElementById("texts")?.content.querySelectorAll("[data-text]") ?? []) texts.set(node.dataset.text, node);

export const nodes = (kind) => [...texts.values()].filter((node) => kind in node.dataset);

export function text(key, values = {}) {
  const words = texts.get(key)?.textContent ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function plural(key, count) {
  const node = texts.get(key);
  if (!node) return String(count);
  const form = { one: "one", few: "few", two: "few" }[rules.select(count)] ?? "many";
  return node.dataset[form].replace(/\d+/, new Intl.NumberFormat(locale).format(count));
}

export function number(value) {
  return new Intl.NumberFormat(locale).format(value);
}

// Politely tells a screen reader; the same words twice in a row are told twice.
export function say(words) {
  const speaker = document.getElementById("speaker");
  if (!speaker) return;
  speaker.textContent = "";
  setTimeout(() => { speaker.textContent = words; }, 60);
}

export function icon(name, extra = "") {
  const known = document.querySelector("svg use")?.getAttribute("href").split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  svg.appendChild(document.createElementNS(svg.namespaceURI, "use")).setAttribute("href", `${known}#i-${name}`);
  return svg;
}

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
