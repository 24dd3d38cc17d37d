// The customer at the other end of a live channel: whether they write, are here or have left, what they type, on which page. And times
// that pass by the second.
import { element, icon, locale, text } from "./text.js";
import { toast } from "./toast.js";
import { whereabouts } from "./live.js";
import { goToEnd } from "./case.js";

const MINUTE = 60;
const LATE = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const ago = new Intl.RelativeTimeFormat(locale);
const long = {};
for (const name of ["hour", "day"]) long[name] = new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" });
const clocks = new Map();

const visitAt = (id) => (whereabouts.now?.[id] ?? []).find(([agent]) => !agent);
const timeOf = (at) => element("time", { datetime: new Date(at).toISOString(), "data-tick": "ago" }, agoWords((Date.now() - at) / 1000));

function drawVisit([, state, at]) {
  const [before, after] = text(`visit.${state}`).split("{when}");
  const words = element("span", {}, before, ...(after === undefined ? [] : [timeOf(at), after]));
  return element("span", { class: `at visit at-${state}` }, icon(state === "writing" ? "pencil" : "circle"), words);
}

function fillVisit(place, visit) {
  const state = visit ? `${visit[1]}${visit[2]}` : "";
  if (!place || (place.dataset.shown === state && place.childElementCount === (visit ? 1 : 0))) return;
  place.dataset.shown = state;
  place.replaceChildren(...(visit ? [drawVisit(visit)] : []));
}

function showTyped(visit) {
  const typed = document.getElementById("typed");
  if (!typed) return;
  const words = visit?.[1] === "writing" ? visit[3] : "";
  if (typed.hidden !== (visit?.[1] !== "writing")) typed.hidden = !typed.hidden;
  if (typed.lastElementChild.textContent !== words) typed.lastElementChild.textContent = words;
  goToEnd();
}

function showPage(visit) {
  const place = document.querySelector(".visitor:only-of-type .page-url, .visitor .page-url");
  if (!place || !visit?.[5] || place.textContent === visit[5]) return;
  place.textContent = visit[5];
  place.previousElementSibling.textContent = visit[4];
}

// Rows, head and panel are drawn anew by others, who do not know; what is known stays as it was where nothing was told.
function showVisits() {
  if (!whereabouts.now) return;
  for (const place of document.querySelectorAll(".visit-in")) fillVisit(place, visitAt(place.closest("li").id.slice(1)));
  const head = document.getElementById("visit");
  if (!head) return;
  const visit = visitAt(document.querySelector("#pane[data-case]").dataset.case);
  if (visit || head.querySelector(".visit:not(.at-gone)")) fillVisit(head, visit);
  showTyped(visit);
  if (document.querySelectorAll(".visitor").length === 1) showPage(visit);
}

function agoWords(seconds) {
  const [size, unit] = [[86400, "day"], [HOUR, "hour"], [MINUTE, "minute"], [1, "second"]].find(([size]) => seconds >= size) ?? [1, "second"];
  return ago.format(-Math.max(1, Math.floor(seconds / size)), unit);
}

// Minutes and seconds for as long as somebody can be thought to sit there.
function waited(node, seconds) {
  const late = seconds >= LATE ? "bad-full" : seconds >= MINUTE ? "warn-full" : "line";
  const chip = node.parentElement;
  if (!chip.classList.contains(late)) chip.className = `chip num ${late}`;
  if (seconds >= HOUR) return seconds < 48 * HOUR ? long.hour.format(Math.floor(seconds / HOUR)) : long.day.format(Math.floor(seconds / 86400));
  return `${Math.floor(seconds / MINUTE)}:${String(Math.floor(seconds % MINUTE)).padStart(2, "0")}`;
}

function there(zone) {
  if (!clocks.has(zone)) {
    try { clocks.set(zone, new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" })); } catch { clocks.set(zone, null); }
  }
  return clocks.get(zone)?.format(Date.now());
}

// Only the letters are changed, so that nobody who watches for new elements wakes each second.
function write(node, words) {
  if (words && node.firstChild?.nodeValue !== words) node.firstChild ? (node.firstChild.nodeValue = words) : node.append(words);
}

function tellSeconds() {
  for (const node of document.querySelectorAll('time[data-tick="wait"], time[data-tick="ago"]')) {
    const seconds = Math.max(0, (Date.now() - Date.parse(node.getAttribute("datetime"))) / 1000);
    write(node, node.dataset.tick === "wait" ? waited(node, seconds) : agoWords(seconds));
  }
  for (const node of document.querySelectorAll("time[data-there]")) write(node, there(node.dataset.there));
}

document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-copy-page]")?.parentElement.querySelector(".page-url");
  if (place) navigator.clipboard?.writeText(place.textContent).then(() => toast(text("copied")));
});
if (document.querySelector("sluss-live")) {
  document.addEventListener("sluss:presence", showVisits);
  new MutationObserver(() => { showVisits(); tellSeconds(); }).observe(document.getElementById("body") ?? document.body, { childList: true, subtree: true });
  setInterval(tellSeconds, 1000);
  showVisits();
  tellSeconds();
}
