// The bell: in how many cases there is news, in the bar, the title and the tab's picture; and what is heard or shown outside the page.
// One tab of a browser does that, the one that holds the stream; not for a case that somebody is looking at just then.
import { element, say } from "./text.js";
import { post } from "./http.js";
import { bellsBefore } from "./live.js";
import { play } from "./sounds.js";

const BELL_SETTLE = 400;
const bell = document.getElementById("bell");
const bellCount = document.getElementById("bell-count");
const bellKeys = { heard: "sluss-heard", looked: "sluss-looked" };
let bellUnread = Number(bellCount?.textContent) || 0;
let ringsAgain = 0;

function markBell() {
  if (!bellCount) return;
  bellCount.hidden = !bellUnread;
  bellCount.textContent = bellUnread > 99 ? "99+" : bellUnread;
  document.title = document.title.replace(/^(\(\d+\) )?/, bellUnread ? `(${bellUnread}) ` : "");
  const picture = document.querySelector("link[rel=icon]");
  const wanted = picture?.dataset[bellUnread ? "unread" : "plain"];
  if (wanted && picture.getAttribute("href") !== wanted) picture.setAttribute("href", wanted);
}

const isLooking = () => !document.hidden && document.hasFocus();
const shownCase = () => document.querySelector("#pane[data-case]");

function noteForTabs(name, value) {
  try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* then each tab is on its own */ }
}

function readForTabs(name, usual) {
  try { return JSON.parse(localStorage.getItem(name)) ?? usual; } catch { return usual; }
}

// Whoever is first with an id has it.
function claimRing(id) {
  const heard = readForTabs(bellKeys.heard, []);
  if (heard.includes(id)) return false;
  noteForTabs(bellKeys.heard, [...heard, id].slice(-60));
  return true;
}

function hearBell({ unread: count, quiet, rings, how, leading }) {
  bellUnread = count;
  markBell();
  if (quiet || !bellUnread) hushBell();
  if (isLooking()) {
    noteForTabs(bellKeys.looked, Date.now());
    for (const ring of rings) if (String(ring.no) === shownCase()?.dataset.no) { claimRing(ring.id); post(`/cases/${ring.no}/read`).catch(() => {}); }
    for (const ring of rings.slice(0, 1)) say(`${ring.text}, ${ring.title}`);
  }
  if (leading && rings.length) setTimeout(() => ringBell(rings.filter((ring) => claimRing(ring.id)), how), BELL_SETTLE);
}

function ringBell(rings, how) {
  if (!rings.length || !bellUnread || (how.hidden && Date.now() - readForTabs(bellKeys.looked, 0) < 2000)) return;
  if (rings.some((ring) => ring.sound)) soundBell(how);
  for (const ring of rings) if (ring.desktop) showOutside(ring);
}

function soundBell(how) {
  play(how.sound, how.volume / 100);
  clearInterval(ringsAgain);
  if (how.repeat) ringsAgain = setInterval(() => (bellUnread && !(how.until && Date.now() > how.until) ? play(how.sound, how.volume / 100) : hushBell()), how.repeat * 1000);
}

function showOutside(ring) {
  if (!("Notification" in self) || Notification.permission !== "granted") return;
  const message = new Notification(ring.text, { body: ring.title, tag: `sluss-${ring.no}`, icon: document.querySelector("link[rel=icon]")?.href });
  message.onclick = () => { focus(); location.assign(`/c/${ring.no}`); message.close(); };
}

// Seen: somebody has touched one of the tabs.
function hushBell() {
  clearInterval(ringsAgain);
  ringsAgain = 0;
}

for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => { if (ringsAgain) hushBell(); else if (Date.now() - readForTabs(bellKeys.looked, 0) > 5000) noteForTabs(bellKeys.looked, Date.now()); }, { passive: true, capture: true });
addEventListener("storage", (event) => event.key === bellKeys.looked && hushBell());

document.addEventListener("sluss:bell", (event) => { event.preventDefault(); hearBell(event.detail); });
document.addEventListener("htmx:after:swap", markBell);
document.getElementById("bell-panel")?.addEventListener("toggle", (event) => {
  if (event.newState !== "open") return;
  hushBell();
  htmx.ajax("GET", "/notifications", { target: "#bell-list", swap: "innerHTML" });
});

// Pages that are not live by themselves ask once, and are from then on.
async function joinLive() {
  const answer = await fetch("/notifications/state", { headers: { "X-Requested-With": "sluss" } });
  if (!answer.ok) return;
  const state = await answer.json();
  bellUnread = state.unread;
  markBell();
  document.documentElement.dataset.liveAfter = state.after;
  document.body.append(element("sluss-live", { hidden: true, "data-url": "/live" }));
}
if (bell) markBell();
for (const said of bellsBefore.splice(0)) hearBell(said);
if (bell && !document.documentElement.dataset.liveAfter) joinLive().catch(() => {});
