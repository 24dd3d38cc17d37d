// Keys of a case that are more than pressing a button: solve and go on, snooze at once, forward, quote, and what they do to a row of the list.
import { action, before, focusedRow, press } from "./keys.js";
import { csrf, key } from "./http.js";

const openCase = () => document.querySelector("#pane[data-case]");

// A write as the page's own forms make it; the answer brings the changed parts and the way back.
export function deed(path, values) {
  return htmx.ajax("POST", path, { source: document.body, target: "body", swap: "none", values: { csrf: csrf(), op: key(), back: location.pathname + location.search, ...values } });
}

const ROW = {
  solve: (url) => deed(`${url}/status`, { status: "solved" }),
  snooze: (url) => deed(`${url}/status`, { status: "snoozed", until: "default" }),
  "assign-me": (url) => deed(`${url}/assign`, { agent: "me" }),
};
const OPENS = ["reply", "note", "forward", "assign", "status", "tags", "priority", "snooze-choose", "more", "merge"];

// With the focus on a row that is not the open case, a key means that row: done at once, or after opening it. Chosen rows come before both.
before((id) => {
  const row = focusedRow();
  const chosen = document.querySelector("#rows .pick :checked") && document.querySelector(`#bulk [value="${id}"], #bulk [data-bulk="${id}"]`);
  if (chosen) return chosen.click(), true;
  if (!row || row.dataset.no === openCase()?.dataset.no) return false;
  if (ROW[id]) return ROW[id](`/cases/${row.dataset.no}`), true;
  if (!OPENS.includes(id)) return false;
  document.addEventListener("htmx:after:swap", () => setTimeout(() => press(id)), { once: true });
  row.querySelector(".row").click();
  return true;
});

function solveNext() {
  const open = openCase();
  const next = document.querySelector('[data-action="next-case"]');
  const gone = (event) => {
    if (!event.detail.ctx?.response?.raw?.ok || openCase() !== open) return;
    next ? next.click() : document.querySelector('[data-action="up"]')?.click();
  };
  document.addEventListener("htmx:finally:request", gone, { once: true });
  return press("solve");
}

function forward() {
  const messages = [...document.querySelectorAll("#timeline .msg")];
  const link = (message) => message?.querySelector('a[href*="/forward"]');
  const found = link(document.activeElement.closest?.(".msg")) ?? messages.map(link).filter(Boolean).at(-1);
  return found ? (found.click(), true) : false;
}

// The selected words go into the answer as a quotation, after what is written there.
function quote() {
  const words = getSelection().toString().trim();
  const field = document.querySelector("#f-body");
  if (!words || !field) return false;
  press("reply");
  const quoted = words.split("\n").map((line) => `> ${line}`).join("\n");
  field.setRangeText(`${field.value && !field.value.endsWith("\n") ? "\n" : ""}${quoted}\n`, field.value.length, field.value.length, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

action("solve-next", solveNext);
action("snooze", () => { deed(`/cases/${openCase().dataset.no}/status`, { status: "snoozed", until: "default" }); });
action("forward", forward);
action("quote", quote);

// A time in words is told back before it is used.
let telling = 0;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-until-words]")) return;
  clearTimeout(telling);
  telling = setTimeout(async () => {
    const words = field.value.trim();
    const { text: when = "", problem = "" } = words ? await (await fetch(`/until?q=${encodeURIComponent(words)}`)).json() : {};
    if (field.value.trim() !== words) return;
    field.setCustomValidity(problem);
    const told = document.getElementById(field.getAttribute("aria-describedby"));
    told.textContent = when || problem;
    told.classList.toggle("error", Boolean(problem));
  }, 120);
});
