// The one registry of keys: it makes the handler, the `?` sheet, tooltips and aria-keyshortcuts.
// Never Alt, AltGr or Ctrl+Alt; single keys only outside text fields and never while composing (Polish and Swedish are typed with those).
import { element, text } from "./text.js";
import { post } from "./http.js";
import { show } from "./dialog.js";
import { newestUndo } from "./toast.js";

const actions = [];
const rootElement = document.documentElement;
const FIELD = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select, [contenteditable=""], [contenteditable="true"]';
let pending = "";
let pendingTimer = 0;

// context: everywhere | list | case | writing. Without `run` the key presses the first visible [data-action=id].
export function action(id, keys, context, run) {
  actions.push({ id, keys: [keys].flat(), context, run: run ?? (() => press(id)) });
}

function press(id) {
  const found = [...document.querySelectorAll(`[data-action="${id}"]`)].find((node) => node.checkVisibility?.() ?? true) ?? document.querySelector(`[data-action="${id}"]`);
  if (!found || found.disabled) return false;
  found.focus();
  found.matches("input, textarea") ? found.select() : found.click();
  return true;
}

function spelled(event) {
  const command = event.ctrlKey || event.metaKey;
  if (command) return `Ctrl+${event.shiftKey ? "Shift+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  return event.shiftKey && /^[a-zåäöąćęłńóśźż]$/i.test(event.key) ? `Shift+${event.key.toLowerCase()}` : event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function here(context) {
  if (context === "case") return Boolean(document.querySelector("#pane[data-case]"));
  if (context === "list") return Boolean(document.querySelector("sluss-list"));
  return context !== "writing";
}

function handle(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || !event.key || event.getModifierState("AltGraph") || event.repeat && !/^(j|k|Arrow)/.test(event.key)) return;
  const command = event.ctrlKey || event.metaKey;
  const field = event.target.closest?.(FIELD);
  const name = spelled(event);
  const modal = document.querySelector("dialog[open]");
  if (!command && name !== "Escape" && (field || modal || rootElement.dataset.keys === "off" || document.querySelector(".menu:popover-open"))) return;
  if (command && field && name === "Ctrl+z") return;
  if (modal && name === "Escape") return;
  const sequence = pending ? `${pending} ${name}` : name;
  const fitting = actions.filter((one) => one.keys.includes(sequence) && (one.context === "writing" ? Boolean(field) : here(one.context)));
  const found = fitting.find((one) => one.context === "writing") ?? fitting[0];
  clearPending();
  if (found) {
    if (found.run(event) !== false) event.preventDefault();
  } else if (!command && !field && name === "g") {
    pending = "g";
    pendingTimer = setTimeout(clearPending, 1200);
  }
}

function clearPending() {
  clearTimeout(pendingTimer);
  pending = "";
}

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const printed = (key) => key.split(/[+ ]/).map((part) => ({ Ctrl: mac ? "⌘" : "Ctrl", ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", PageDown: "PgDn", PageUp: "PgUp" })[part] ?? (part.length === 1 ? part.toUpperCase() : part));

function sheet() {
  const off = rootElement.dataset.keys === "off";
  const groups = ["everywhere", "list", "case", "writing"].map((context) => {
    const rows = actions.filter((one) => one.context === context).flatMap((one) => [
      element("dt", {}, ...printed(one.keys[0]).map((cap) => element("kbd", { class: "always" }, cap))),
      element("dd", {}, text(`key.${one.id}`)),
    ]);
    return element("section", {}, element("h3", {}, text(context)), element("dl", {}, ...rows));
  });
  const toggle = element("button", { class: "btn soft", type: "button" }, text(off ? "keys-on" : "keys-off"));
  toggle.addEventListener("click", () => {
    rootElement.dataset.keys = off ? "on" : "off";
    post("/me/keys", { keys: rootElement.dataset.keys }).catch(() => {});
    dialog.close();
  });
  const close = element("button", { class: "btn pri", type: "button", "data-close": true }, text("close"));
  const dialog = element("dialog", { class: "wide", "aria-labelledby": "sheet-title" }, element("div", { class: "dialog sheet" },
    element("h2", { id: "sheet-title", tabindex: "-1", autofocus: true }, text("sheet")), element("div", { class: "sets" }, ...groups), element("div", { class: "btn-row" }, toggle, close)));
  document.body.append(dialog);
  show(dialog);
}

// Tooltips and aria-keyshortcuts of everything a key can press.
export function label(within = document) {
  for (const node of within.querySelectorAll("[data-action]")) {
    const known = actions.find((one) => one.id === node.dataset.action);
    if (!known) continue;
    const single = !known.keys[0].startsWith("Ctrl+");
    if (single && rootElement.dataset.keys === "off") node.removeAttribute("aria-keyshortcuts");
    else node.setAttribute("aria-keyshortcuts", known.keys[0].replace("Ctrl", "Control"));
    if (!node.dataset.tipped && !node.matches("input, textarea, .item")) node.title = `${node.title || text(`key.${known.id}`)} (${printed(known.keys[0]).join(" ")})`;
    node.dataset.tipped = "1";
  }
}

action("search", ["Ctrl+k", "/"], "everywhere");
action("sheet", "?", "everywhere", sheet);
action("mine", "g i", "everywhere", () => location.assign("/inbox/mine"));
action("unassigned", "g u", "everywhere", () => location.assign("/inbox/unassigned"));
action("open", "g o", "everywhere", () => location.assign("/inbox/open"));
action("undo", "Ctrl+z", "everywhere", () => newestUndo()?.click() ?? false);
document.addEventListener("click", (event) => event.target.closest('[data-action="sheet"]') && sheet());
document.addEventListener("keydown", handle);
document.addEventListener("htmx:after:swap", () => label());
