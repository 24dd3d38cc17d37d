// The palette (Ctrl/⌘ K): a native dialog with a combobox over a grouped listbox.
// The page's own list is there at once; what the server finds comes after it, and late answers are dropped.
import { action, focusedRow, printed } from "./keys.js";
import { deed } from "./case-keys.js";
import { element, icon, plural, text } from "./text.js";
import { fetchPlaces, folded, gather, matching, used } from "./palette-list.js";
import { show } from "./dialog.js";

const HINTS = [["ArrowUp", "ArrowDown"], ["Enter"], ["Escape"]];
let open = null;

function palette(typed = "") {
  if (document.querySelector("dialog[open]")) return false;
  const attributes = { class: "input", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": text("key.palette"), placeholder: text("palette-hint"), autocomplete: "off", spellcheck: "false" };
  open = {
    all: gather(), told: [], shown: [], at: 0, timer: 0, asking: null,
    number: focusedRow()?.dataset.no ?? document.querySelector("#pane[data-case]")?.dataset.no,
    input: element("input", attributes), count: element("p", { class: "sr", role: "status" }),
    list: element("div", { id: "palette-list", role: "listbox", "aria-label": text("key.palette") }),
  };
  const foot = HINTS.flatMap((keys, place) => [...keys.flatMap(printed), element("span", {}, text(["choose", "run", "close"][place]))]);
  open.dialog = element("dialog", { class: "palette", "aria-label": text("key.palette") }, element("div", { class: "asking" }, icon("search"), open.input), open.list, open.count, element("p", { class: "foot", "aria-hidden": "true" }, ...foot));
  listen(open);
  document.body.append(open.dialog);
  open.input.value = typed;
  draw();
  show(open.dialog);
  open.input.focus();
}

function listen({ input, list, dialog }) {
  input.addEventListener("input", typedMore);
  input.addEventListener("keydown", steer);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) run(open.shown[option.dataset.at], event);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

function draw() {
  const words = open.input.value.trim();
  const found = matching([...open.told, ...open.all], folded(words));
  if (words) found.push({ group: "cases", words: text("search-for", { words }), icon: "search", run: () => location.assign(`/search?q=${encodeURIComponent(words)}`) });
  const groups = new Map();
  for (const one of found) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  open.shown = [...groups.values()].flat();
  open.at = 0;
  open.list.replaceChildren(...[...groups].map(([name, members]) => element("div", { role: "group", "aria-label": text(`group.${name}`) },
    element("p", { class: "heading", "aria-hidden": "true" }, text(`group.${name}`)), ...members.map(option))));
  mark();
  open.count.textContent = plural("results", open.shown.length);
}

function option(one) {
  const place = open.shown.indexOf(one);
  const end = one.keys ? printed(one.keys) : one.detail ? [one.detail] : [];
  return element("div", { role: "option", id: `option-${place}`, "data-at": place, class: one.wrong ? "wrong" : null }, icon(one.icon), element("span", { dir: "auto" }, one.words), element("span", { class: "end" }, ...end));
}

function mark() {
  for (const node of open.list.querySelectorAll("[role=option]")) node.setAttribute("aria-selected", String(Number(node.dataset.at) === open.at));
  const now = document.getElementById(`option-${open.at}`);
  open.input.setAttribute("aria-activedescendant", now?.id ?? "");
  now?.scrollIntoView({ block: "nearest" });
}

function typedMore() {
  open.told = [];
  draw();
  clearTimeout(open.timer);
  open.asking?.abort();
  const words = open.input.value.trim();
  if (words.length > 1) open.timer = setTimeout(ask, 100, words);
}

async function ask(words) {
  const mine = open;
  mine.asking = new AbortController();
  try {
    const answer = await fetch(`/palette?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" }, signal: mine.asking.signal });
    const { items } = answer.ok ? await answer.json() : { items: [] };
    if (open !== mine || words !== mine.input.value.trim()) return;
    mine.told = items.filter((one) => !one.until || mine.number).map((one) => ({ ...one, sure: true, run: () => follow(one, mine.number) }));
    draw();
  } catch { /* a newer question, or no line: what is here stays */ }
}

function follow(one, number) {
  if (one.href) location.assign(one.href);
  else if (one.until) deed(`/cases/${number}/status`, { status: "snoozed", until: one.until });
}

function steer(event) {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (event.isComposing || (!by && event.key !== "Enter")) return;
  event.preventDefault();
  const last = open.shown.length - 1;
  if (!by) return run(open.shown[open.at], event);
  open.at = Math.abs(by) > 1 ? Math.max(0, Math.min(last, open.at + by)) : (open.at + by + last + 1) % (last + 1);
  mark();
}

// The dialog gives the focus back first, so that what follows may take it.
function run(one, event) {
  if (!one || one.wrong) return;
  used(one.id);
  open.dialog.addEventListener("close", () => setTimeout(() => one.run(event)), { once: true });
  open.dialog.close();
}

action("palette", () => palette());
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]") && event.detail) palette(event.target.value ?? "");
});
fetchPlaces().catch(() => {});
