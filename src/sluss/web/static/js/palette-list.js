// What the palette offers: everything this page can do, where one can go, what was done lately; and which of it fits some words.
import { actions, focusedRow, here, perform } from "./keys.js";
import { text } from "./text.js";

const MARKS = /\p{Mn}/gu;
const STORE = "sluss-palette";
const ORDER_OF_GROUPS = ["undo", "snooze", "recent", "act", "go", "customers", "cases"];
const NEEDS_BUTTON = { "solve-next": "solve", snooze: "snooze-choose" };
const NEAR = ["thread", "row", "case", "list", "everywhere"];
let places = [];

export const folded = (words) => words.toLocaleLowerCase().replaceAll("ł", "l").replaceAll("ø", "o").replaceAll("æ", "ae").normalize("NFD").replace(MARKS, "").replace(/\s+/g, " ").trim();

// Menus are read as they stand, so what another part of the page adds to one is found here as well.
export function gather() {
  const acts = actions.filter((one) => one.icon && here(one.context) && can(one)).map((one) => ({
    id: one.go ?? one.id, group: one.go ? "go" : "act", words: one.label, icon: one.icon, keys: one.keys[0], near: NEAR.indexOf(one.context), run: (event) => perform(one, event),
  })).sort((one, other) => one.near - other.near);
  const known = new Set();
  const fresh = (one) => !one.id || (!known.has(one.id) && known.add(one.id));
  return [...undos(), ...acts, ...inMenus(new Set(acts.map((one) => one.id))), ...links(), ...places].filter(fresh);
}

// An action that presses a button is offered where the button is, or on a row, whose case has it.
function can(one) {
  const name = NEEDS_BUTTON[one.id] ?? one.id;
  return one.context !== "case" || focusedRow() || document.querySelector(`[data-action="${name}"]`) || !BUTTONS.has(name);
}
const BUTTONS = new Set(["solve", "snooze-choose", "next-case", "previous-case"]);

function inMenus(offered) {
  return [...document.querySelectorAll("#case-head .menu, #composer .menu, .list .menu")].flatMap((menu) => {
    const head = document.querySelector(`[popovertarget="${menu.id}"]`);
    const about = actions.find((one) => one.id === head?.dataset.action);
    const name = about?.icon === "ellipsis" ? "" : about?.label;
    return [...menu.querySelectorAll(".item")].filter((item) => !offered.has(item.dataset.action)).map((item) => ({
      id: item.getAttribute("href") ?? "", group: item.matches("a[href^='/inbox']") ? "go" : "act", words: name ? `${name} › ${label(item)}` : label(item), icon: symbol(item, about?.icon), run: () => choose(item),
    }));
  });
}

function links() {
  return [...document.querySelectorAll(".rail a[href], .views a[href], #me-menu a[href]")].map((link) => ({
    id: link.getAttribute("href"), group: "go", words: label(link), icon: symbol(link), run: () => link.click(),
  }));
}

const label = (node) => (node.querySelector(":scope > span:not(.sr, .av, .end, .n, .dot, .word)") ?? node.querySelector(":scope > .sr") ?? node).textContent.trim();
const symbol = (node, other = "corner-down-left") => node.querySelector("use")?.getAttribute("href").split("#i-")[1] ?? other;

function choose(item) {
  const box = item.querySelector("input[type=checkbox]");
  if (!box) return item.click();
  box.checked = !box.checked;
  box.form.requestSubmit();
}

// Undos stay here when their toast has gone: a time-out is not the only chance.
const taken = new WeakSet();
const ways = [];

function remember(toast) {
  const form = toast.querySelector?.("form:has([data-action=undo])");
  if (!form) return;
  ways.unshift({ form, words: toast.querySelector(".grow").textContent, until: Date.parse(toast.dataset.until ?? "") });
  form.addEventListener("submit", () => taken.add(form));
  ways.splice(5);
}

function undos() {
  const open = ways.filter(({ form, until }) => !taken.has(form) && !(until < Date.now()));
  return open.map(({ form, words }, place) => ({ id: "", group: "undo", words: `${text("key.undo")}: ${words}`, icon: "undo-2", keys: place ? "" : "Ctrl+z", run: () => takeBack(form) }));
}

function takeBack(form) {
  if (!form.isConnected) document.getElementById("recent").append(form);
  form.requestSubmit();
}

// 0 is best: the words begin so; each word asked for begins one of them; they are somewhere. -1 is none.
function rank(words, asked) {
  const all = folded(words);
  const parts = all.split(/[\s›:,]+/);
  if (all.startsWith(asked)) return 0;
  if (asked.split(" ").every((word) => parts.some((part) => part.startsWith(word)))) return 1;
  return all.includes(asked) ? 2 : -1;
}

// Best first within a group, the group with the best first; with nothing asked, what was done lately.
export function matching(all, asked) {
  const recent = JSON.parse(localStorage.getItem(STORE) ?? "[]");
  const scored = all.map((one) => ({ ...one, score: one.sure || !asked ? 0 : rank(one.words, asked), late: one.id ? recent.indexOf(one.id) : -1 })).filter((one) => one.score >= 0);
  for (const one of scored) {
    if (one.late < 0) one.late = 99;
    else if (!asked && one.late < 4) one.group = "recent";
  }
  const best = new Map();
  for (const one of scored) best.set(one.group, Math.min(best.get(one.group) ?? 9, one.score));
  const weight = (one) => best.get(one.group) * 10 + ORDER_OF_GROUPS.indexOf(one.group);
  return scored.sort((one, other) => weight(one) - weight(other) || one.score - other.score || one.late - other.late).slice(0, 50);
}

// Names of actions and addresses only, never words.
export function used(id) {
  if (!id) return;
  const before = JSON.parse(localStorage.getItem(STORE) ?? "[]");
  localStorage.setItem(STORE, JSON.stringify([id, ...before.filter((one) => one !== id)].slice(0, 12)));
}

export async function fetchPlaces() {
  const answer = await fetch("/palette", { headers: { Accept: "application/json" } });
  if (answer.ok) places = (await answer.json()).items.map((one) => ({ ...one, id: one.href, run: () => location.assign(one.href) }));
}

const seen = document.getElementById("toasts");
for (const toast of seen?.children ?? []) remember(toast);
if (seen) new MutationObserver((changes) => changes.flatMap((change) => [...change.addedNodes]).forEach(remember)).observe(seen, { childList: true });
