// The open case: kept fresh, marked as seen, walked by keys. The title and the marked row follow what the pane shows.
import { element, plural, say, text } from "./text.js";
import { deed } from "./case-keys.js";
import { post } from "./http.js";
import { action, label } from "./keys.js";
import { toast } from "./toast.js";

const pane = () => document.querySelector("#pane[data-case]");
const timeline = () => document.getElementById("timeline");
// Whoever has scrolled up reads what was said before, and is left there.
let away = false;
export const atEnd = () => !away;
export const goToEnd = () => { const node = timeline(); if (node && !away) node.scrollTop = node.scrollHeight; };

// A case that was just opened: its newest message in view, focus on its heading for those who navigate by it, and marked as seen.
function arrived(byPerson) {
  document.querySelector("sluss-list")?.mark?.();
  const open = pane();
  if (!open || open.dataset.shown) return;
  open.dataset.shown = "1";
  const more = open.querySelector('link[rel="modulepreload"]');
  if (more) import(more.href);
  away = false;
  const scroller = timeline();
  const target = scroller.querySelector(".focus") ?? (location.hash.startsWith("#i") ? document.getElementById(location.hash.slice(1)) : null);
  if (target) target.scrollIntoView({ block: "center" });
  else scroller.scrollTop = scroller.scrollHeight;
  if (byPerson) document.title = `${open.dataset.title} · ${document.title.split(" · ").at(-1)}`;
  if (byPerson && !document.activeElement.closest?.("#rows")) open.querySelector("h1").focus({ preventScroll: true });
  post(`/cases/${open.dataset.no}/read`).catch(() => {});
}

let asked = 0;
async function refresh() {
  const open = pane();
  if (!open || document.hidden) return void (asked = open ? 1 : 0);
  asked = 0;
  const scroller = timeline();
  const stay = atEnd();
  const known = new Set([...scroller.querySelectorAll(".msg")].map((node) => node.id));
  const view = location.pathname.split("/")[2] ?? "mine";
  const marks = () => [...open.querySelectorAll('input[name="seen"]')];
  const before = document.querySelector('#reply input[name="seen"]')?.value ?? document.getElementById("items").dataset.seen;
  const reading = () => stay && !document.querySelector("#f-body")?.value.trim();
  const asking = reading() ? "" : before;
  const shown = stay && "live" in document.getElementById("composer").dataset;
  await htmx.ajax("GET", `/cases/${open.dataset.no}/fresh?view=${encodeURIComponent(view)}&seen=${asking}&shown=${Number(shown)}`, { target: "#items", swap: "none" });
  if (pane() !== open) return;
  const fresh = [...scroller.querySelectorAll(".msg.in")].filter((node) => !known.has(node.id));
  for (const node of scroller.querySelectorAll(".msg")) if (!known.has(node.id)) node.classList.add("fresh");
  goToEnd();
  // What the agent sees counts as seen only when it is in view and nothing is being written: else the send is stopped by the server.
  // In a live talk the customer's words are, while they are being answered.
  // A composer that was put in place meanwhile, by an answer to a form of its own, knows more than what was asked for before.
  const own = document.querySelector('#reply input[name="seen"]')?.value ?? before;
  if (own !== before) document.getElementById("news").replaceChildren();
  // Whoever has begun to write since it was asked for has not read what it brought: that is asked for once more, as news.
  const begun = !asking && !reading();
  const kept = begun || asking && !(shown && !document.querySelector("#news > *"));
  const mark = own !== before ? own : kept ? before : document.getElementById("items").dataset.seen;
  for (const seen of marks()) seen.value = mark;
  if (begun && own === before) refresh();
  // The customer speaks elsewhere now, or can be answered at last: nobody who has written nothing yet shall begin in public what is private.
  const way = document.querySelector('#reply input[name="conversation_id"]');
  const due = document.getElementById("items").dataset.way;
  const turned = way ? due && way.value !== due : fresh.length && document.querySelector("#reply .closed");
  if (turned && ![...document.querySelectorAll("#composer textarea")].some((field) => field.value.trim())) deed(`/cases/${open.dataset.no}/way`, { to: "0", body: "" });
  if (fresh.length) say(`${plural("new-messages", fresh.length)} ${text("from")} ${fresh[0].ariaLabel.split(", ")[0]}`);
}

// The number; pressed again the number and the subject; and again a link, which keeps its words where it is pasted as rich text.
function copy(button) {
  const again = Date.now() - Number(button.dataset.copied ?? 0) < 3000 ? Number(button.dataset.times ?? 0) + 1 : 0;
  Object.assign(button.dataset, { copied: Date.now(), times: again % 3 });
  const words = [button.dataset.copy, button.dataset.copyMore, button.dataset.copyMore][again % 3];
  const address = `${location.origin}/c/${button.dataset.copy.slice(1)}`;
  const link = element("a", { href: address }, words);
  const kinds = { "text/plain": new Blob([`${words} ${address}`], { type: "text/plain" }), "text/html": new Blob([link.outerHTML], { type: "text/html" }) };
  const done = again % 3 < 2 ? navigator.clipboard?.writeText(words) : navigator.clipboard?.write([new ClipboardItem(kinds)]);
  done?.then(() => toast(`${text("copied")}: ${again % 3 < 2 ? words : address}`));
}

function panel(open) {
  const side = document.getElementById("customer");
  if (!side) return;
  if (matchMedia("(max-width: 1199px)").matches) {
    if (side.classList.toggle("open", open)) side.focus();
  } else document.documentElement.dataset.panel = document.documentElement.dataset.panel === "shut" ? "" : "shut";
}

function walk(by) {
  const items = [...timeline().querySelectorAll(".msg")];
  const now = items.indexOf(document.activeElement.closest?.(".msg"));
  const next = items[now < 0 ? (by > 0 ? 0 : items.length - 1) : now + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

// Esc closes the top layer first, then goes up: out of the text, to the row, to the list.
function up() {
  const side = document.querySelector(".side.open");
  if (side) return panel(false);
  const open = pane();
  if (document.activeElement.closest?.("#pane")) {
    const row = open && document.querySelector(`#rows li[data-no="${open.dataset.no}"] .row`);
    if (row?.checkVisibility()) return row.focus();
  }
  const back = document.querySelector('[data-action="up"]');
  return open && back ? back.click() : false;
}

// The ends of the conversation; the newest is said last.
function toEnd(first) {
  const items = timeline().querySelectorAll(".msg");
  const item = items[first ? 0 : items.length - 1];
  item?.focus();
  item?.scrollIntoView({ block: "nearest" });
  return Boolean(item);
}

action("assign-me", () => (document.querySelector('[data-action="assign-me"]')?.click(), true));
action("message-down", () => walk(1));
action("message-up", () => walk(-1));
action("oldest", () => toEnd(true));
action("newest", () => toEnd(false));
action("escape", (event) => (event.target.closest?.("sluss-composer, .menu, input") ? false : up()));

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  if (hit('[data-action="copy"]')) copy(hit('[data-action="copy"]'));
  if (hit('[data-action="panel"]')) { event.preventDefault(); panel(); }
  if (hit("[data-close-panel]")) { event.preventDefault(); panel(false); }
});
document.addEventListener("scroll", ({ target }) => { if (target.id === "timeline") away = target.scrollHeight - target.scrollTop - target.clientHeight > 80; }, { capture: true, passive: true });
document.addEventListener("htmx:after:swap", () => { goToEnd(); arrived(true); });
document.addEventListener("sluss:touched", (event) => event.detail.case === pane()?.dataset.case && refresh());
document.addEventListener("sluss:resync", refresh);
document.addEventListener("visibilitychange", () => asked && refresh());
arrived(false);
label();
