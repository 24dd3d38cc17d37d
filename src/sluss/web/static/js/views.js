// Saved views and filtered lists: what the server alone can tell is asked for, seldom and for many cases at once.
// Also how far a deed to many cases is: its toast stays until it is at its end.
import { number, plural, text } from "./text.js";
import { toast } from "./toast.js";

const PACE = 1000;
const COUNTS = 5000;
const asked = new Map();
let asking = 0;
let counting = 0;

// One question for all that changed within a second: which of these cases stand in this list, and how do their rows look?
export function askAbout(list, id, no) {
  asked.set(id, no);
  asking ||= setTimeout(() => answer(list), PACE / 4);
}

async function answer(list) {
  const cases = [...asked].slice(0, 100);
  for (const [id] of cases) asked.delete(id);
  const query = new URLSearchParams([["view", list.dataset.view], ["f", list.dataset.asks], ["sort", list.dataset.order], ...cases.map(([, no]) => ["no", no])]);
  try {
    const response = await fetch(`/lists/rows?${query}`, { headers: { Accept: "application/json" } });
    if (response.ok && list.isConnected) tellList(list, cases, await response.json());
  } catch { /* the next change asks again, and a line that was down reads the list anew */ }
  asking = 0;
  if (asked.size) asking = setTimeout(() => answer(list), PACE);
}

function tellList(list, cases, { rows, total }) {
  for (const [id] of cases) list.take(id, id in rows, rows[id]?.html ?? "", rows[id]?.sort ?? 0);
  document.getElementById("total").textContent = number(total);
}

// What a deed to the chosen rows would touch.
export function tellChosen(rows, picked) {
  const count = document.querySelector("[data-selected]");
  if (!count) return;
  count.textContent = plural("selected", picked);
  const holders = [...rows.querySelectorAll("li:has(.pick :checked) .end[title]")].map((node) => node.title);
  document.querySelector("[data-held]").textContent = [...new Set(holders)].map((name) => text("held", { num: holders.filter((one) => one === name).length, name })).join(", ");
}

async function countSaved() {
  counting = 0;
  const nodes = [...document.querySelectorAll('.view[data-view^="v:"] .n, [data-count^="v:"]')];
  if (!nodes.length || document.hidden) return;
  try {
    const response = await fetch("/lists/counts", { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const counts = await response.json();
    for (const node of nodes) node.textContent = counts[node.dataset.count ?? node.closest("[data-view]").dataset.view] ?? "";
  } catch { /* a number less */ }
}

export function countLater(wait = COUNTS) {
  counting ||= setTimeout(countSaved, wait);
}

// After a deed nothing is chosen any more; all that match is chosen by the page, so its part is asked for anew.
function chooseNone() {
  document.getElementById("bulk-menu")?.hidePopover();
  document.querySelector("sluss-list")?.clear();
  const plain = document.querySelector(".bulk.everything [data-none]")?.href;
  if (plain) htmx.ajax("GET", plain, { target: "#bulk", select: "#bulk", swap: "outerHTML" });
}
document.addEventListener("click", (event) => event.target.closest("[data-clear]") && chooseNone());
document.addEventListener("htmx:after:request", (event) => event.target.id === "bulk" && event.detail.ctx?.response?.raw?.ok && chooseNone());

document.addEventListener("sluss:touched", () => countLater());
document.addEventListener("visibilitychange", () => document.hidden || countLater(0));
if (document.querySelector('[data-view^="v:"]')) countLater(0);

document.addEventListener("sluss:deed", ({ detail: { deed, text: words, over } }) => {
  const node = document.querySelector(`.toast[data-deed="${CSS.escape(deed)}"]`);
  if (!node) return void (over && toast(words));
  node.querySelector(".grow").textContent = words;
  node.dataset.ends = String(Date.now() + (over ? 12000 : 60000));
});
