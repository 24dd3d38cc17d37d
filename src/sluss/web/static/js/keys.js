// The keys of `web/keys.py`, as the page brings them: handlers, tooltips, aria-keyshortcuts, what may follow a `g`.
// Never Alt, AltGr or Ctrl+Alt; single keys only outside text fields and never while composing (Polish and Swedish are typed with those).
import { element, nodes, text } from "./text.js";
import { newestUndo } from "./toast.js";

export const rootElement = document.documentElement;
const FIELD = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select, [contenteditable=""], [contenteditable="true"]';
const ORDER = ["writing", "row", "thread", "case", "list", "everywhere"];
export const mac = /Mac|iPhone|iPad/.test(navigator.platform);
export const actions = nodes("keys").map((node) => ({
  id: node.dataset.text.slice(4), keys: node.dataset.keys.split("  ").filter(Boolean), context: node.dataset.in, go: node.dataset.go, icon: node.dataset.icon, label: node.textContent,
}));
const runs = new Map();
const firsts = [];
let pending = "";
let pendingTimer = 0;

// What an action of the registry does. Without a `run` its key opens its address or presses the first visible [data-action=id].
export function action(id, run) {
  runs.set(id, run);
}

// Asked before any other: run(id, event) returns true when it has done the action itself.
export function before(run) {
  firsts.push(run);
}

export function perform(one, event) {
  if (firsts.some((run) => run(one.id, event) === true)) return true;
  if (runs.has(one.id)) return runs.get(one.id)(event) !== false;
  return one.go ? (location.assign(one.go), true) : press(one.id);
}

export function press(id) {
  const all = [...document.querySelectorAll(`[data-action="${id}"]`)];
  const found = all.find((node) => node.checkVisibility?.() ?? true) ?? all[0];
  if (!found || found.disabled) return false;
  found.focus();
  found.matches("input, textarea") ? found.select() : found.click();
  return true;
}

export function spelled(event) {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (command) return `Ctrl+${event.shiftKey ? "Shift+" : ""}${key}`;
  return event.shiftKey && /^\p{L}$/u.test(key) ? `Shift+${key}` : key;
}

export const focusedRow = () => document.activeElement.closest?.("#rows > li");

export function here(context) {
  if (context === "case") return Boolean(document.querySelector("#pane[data-case]") || focusedRow());
  if (context === "thread") return Boolean(document.querySelector("#pane[data-case]") && !focusedRow());
  if (context === "row") return Boolean(focusedRow());
  if (context === "list") return Boolean(document.querySelector("sluss-list"));
  return context === "everywhere";
}

function handle(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || !event.key || event.getModifierState("AltGraph") || event.repeat && !/^(j|k|Arrow|Page)/.test(event.key)) return;
  if (/^(Shift|Control|Meta)$/.test(event.key)) return;
  const command = event.ctrlKey || event.metaKey;
  const field = event.target.closest?.(FIELD);
  const name = spelled(event);
  const modal = document.querySelector("dialog[open]");
  if (!command && name !== "Escape" && (field || modal || rootElement.dataset.keys === "off" || document.querySelector(".menu:popover-open"))) return;
  if (command && field && name === "Ctrl+z") return;
  if (modal && (name === "Escape" || command && name !== "Ctrl+Enter")) return;
  const sequence = pending ? `${pending} ${name}` : name;
  const waited = pending;
  clearPending();
  if (waited && name === "Escape") return event.preventDefault();
  const fitting = actions.filter((one) => one.keys.includes(sequence) && (one.context === "writing" ? Boolean(field) : here(one.context)));
  fitting.sort((one, other) => ORDER.indexOf(one.context) - ORDER.indexOf(other.context));
  if (fitting.some((one) => perform(one, event))) event.preventDefault();
  else if (!command && !field && !waited) begin(name, event);
}

function begin(name, event) {
  const next = actions.filter((one) => here(one.context) && one.keys.some((keys) => keys.startsWith(`${name} `)));
  if (!next.length) return;
  event.preventDefault();
  pending = name;
  pendingTimer = setTimeout(() => hint(next), 500);
}

// After a `g` one may think: what can follow is shown, and goes away by itself.
function hint(next) {
  const rows = next.map((one) => element("div", {}, ...printed(one.keys.find((keys) => keys.startsWith(`${pending} `)).split(" ")[1]), element("span", {}, one.label)));
  const box = element("div", { class: "key-next", popover: "manual", role: "status" }, ...rows);
  document.body.append(box);
  box.showPopover();
  pendingTimer = setTimeout(clearPending, 4000);
}

function clearPending() {
  clearTimeout(pendingTimer);
  pending = "";
  document.querySelector(".key-next")?.remove();
}

const CAPS = { Ctrl: mac ? "⌘" : "Ctrl", ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc", PageDown: "PgDn", PageUp: "PgUp" };
const split = (keys) => keys.split(" ").flatMap((step) => (step.length > 1 ? step.split("+") : [step])).map((part) => CAPS[part] ?? (part.length === 1 ? part.toUpperCase() : part));
export const printed = (keys) => split(keys).map((cap) => element("kbd", { class: "always" }, cap));

// Tooltips and aria-keyshortcuts of everything a key can press.
export function label(within = document) {
  for (const node of within.querySelectorAll("[data-action]")) {
    const one = actions.find((some) => some.id === node.dataset.action);
    if (!one?.keys.length) continue;
    const single = !one.keys[0].startsWith("Ctrl+");
    if (single && rootElement.dataset.keys === "off") node.removeAttribute("aria-keyshortcuts");
    else if (!one.keys[0].includes(" ")) node.setAttribute("aria-keyshortcuts", one.keys[0].replace("Ctrl", "Control"));
    if (!node.dataset.tipped && !node.matches("input, textarea, .item")) node.title = `${node.title || one.label} (${split(one.keys[0]).join(" ")})`;
    node.dataset.tipped = "1";
  }
  if (mac) for (const cap of within.querySelectorAll("kbd")) if (cap.textContent === "Ctrl") cap.textContent = CAPS.Ctrl;
}

// What is seldom needed at once comes when the page has come to rest; whoever cannot wait has it fetched by the key.
const later = document.querySelector('meta[name="later"]')?.content;
for (const id of ["palette", "sheet"]) action(id, () => later ? void import(later).then(() => runs.get(id)()) : false);
if (later) (window.requestIdleCallback ?? setTimeout)(() => import(later), { timeout: 300 });
action("undo", () => newestUndo()?.click() ?? false);
document.addEventListener("click", (event) => event.target.closest('[data-action="sheet"]') && runs.get("sheet")());
document.addEventListener("keydown", handle);
document.addEventListener("htmx:after:swap", () => label());
