// Who is at which case: this tab says what it does, and shows what the colleagues do. Nothing is said by a tab that nobody looks at.
import { element, icon, say, text } from "./text.js";
import { csrf, key, post } from "./http.js";
import { whereabouts } from "./live.js";

const STILL = 12000;
const TYPING = 4000;
const PAUSED = 5000;
const AWAY = 5 * 60000;
const tabKey = key();
const viewer = document.documentElement.dataset.me;
const doings = { kind: "reading", typedAt: 0, saidAt: 0, said: "", at: "", movedAt: Date.now() };
let present = null;

const atCase = () => (document.hidden || Date.now() - doings.movedAt > AWAY ? "" : document.querySelector("#pane[data-case]")?.dataset.no ?? "");
const typing = () => Date.now() - doings.typedAt < PAUSED;

// Said when it changes, and again before the server forgets it.
function tellServer() {
  const no = atCase();
  const doing = no && typing() ? doings.kind : "reading";
  if (doings.at && no !== doings.at) leave();
  if (!no || (doing === doings.said && Date.now() - doings.saidAt < (doing === "reading" ? STILL : TYPING))) return;
  Object.assign(doings, { said: doing, saidAt: Date.now(), at: no });
  post(`/cases/${no}/presence`, { doing, tab: tabKey }, { signal: AbortSignal.timeout(5000) }).catch(() => {});
}

// By a beacon, which the browser sends even when the page is gone.
function leave() {
  if (!doings.at) return;
  const data = new FormData();
  for (const [name, value] of [["csrf", csrf()], ["op", key()], ["doing", "gone"], ["tab", tabKey]]) data.set(name, value);
  navigator.sendBeacon(`/cases/${doings.at}/presence`, data);
  Object.assign(doings, { at: "", said: "", saidAt: 0 });
}

const others = (id) => (present?.[id] ?? []).filter(([agent]) => agent && agent !== viewer);

function drawn([, name, doing], short) {
  const words = text(`at.${doing}`, { name });
  const shown = short ? [element("span", { "aria-hidden": "true" }, name.split(" ")[0]), element("span", { class: "sr" }, words)] : [element("span", {}, words)];
  return element("span", { class: `at at-${doing}`, title: short && words }, icon(doing === "reading" ? "eye" : "pencil"), ...shown);
}

// Rows and composer are drawn anew by others; what stands in them then is mended here.
function fill(place, people, short) {
  const state = JSON.stringify(people);
  if (!place || (place.dataset.shown ?? "") === state && place.childElementCount === people.length) return;
  place.dataset.shown = state;
  place.replaceChildren(...people.map((one) => drawn(one, short)));
}

function showPresent() {
  if (!present) return;
  for (const row of document.querySelectorAll("#rows > li")) fill(row.querySelector(".here"), others(row.id.slice(1)), true);
  const open = document.querySelector("#pane[data-case]");
  if (open) fill(document.getElementById("here"), others(open.dataset.case), false);
}

// Who writes while a colleague begins to write here is told at once, and loses neither focus nor letter.
function warn(before) {
  const open = document.querySelector("#pane[data-case]")?.dataset.case;
  if (!open || !document.activeElement?.closest?.("sluss-composer form")) return;
  const writing = (people) => (people ?? []).filter(([agent, , doing]) => agent && agent !== viewer && doing !== "reading");
  const known = new Set(writing(before?.[open]).map(([agent]) => agent));
  for (const [agent, name, doing] of writing(present[open])) if (!known.has(agent)) say(text(`at.${doing}`, { name }));
}

document.addEventListener("sluss:presence", () => {
  const before = present;
  present = whereabouts.now;
  showPresent();
  warn(before);
});

if (viewer && document.querySelector("sluss-live")) {
  document.addEventListener("input", (event) => {
    const kind = event.target.closest?.("form[data-kind]")?.dataset.kind;
    if (!kind || !event.target.matches("textarea")) return;
    Object.assign(doings, { typedAt: Date.now(), kind: { again: "reply", forward: "side" }[kind] ?? kind });
    tellServer();
  });
  document.addEventListener("htmx:before:request", (event) => {
    if (!event.target.matches?.("form[data-kind]")) return;
    doings.typedAt = 0;
    tellServer();
  });
  for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, () => { doings.movedAt = Date.now(); }, { passive: true, capture: true });
  for (const name of ["htmx:after:swap", "visibilitychange"]) document.addEventListener(name, () => setTimeout(tellServer, 0));
  addEventListener("pagehide", leave);
  setInterval(tellServer, 1000);
  new MutationObserver(showPresent).observe(document.getElementById("body") ?? document.body, { childList: true, subtree: true });
  present = whereabouts.now;
  showPresent();
  tellServer();
}
