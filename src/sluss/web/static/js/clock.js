// One timer tells every time on the page. The server sends instants; only here do they become "4 min".
import { locale, say, text, zone } from "./text.js";
import { ageToasts } from "./toast.js";

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const form = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
const clockForm = form({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dateForm = form({ day: "numeric", month: "short" });
const yearForm = form({ day: "numeric", month: "short", year: "numeric" });
const weekForm = form({ weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const longForm = form({ weekday: "long", day: "numeric", month: "long" });
const keyForm = new Intl.DateTimeFormat("sv", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const units = {};
for (const name of ["minute", "hour", "day"]) units[name] = new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: name === "day" ? "narrow" : "short" });

// English alone says "mins" where every list wants "min".
const unit = (name, count) => units[name].format(count).replace(/^(\d+ (?:min|hr))s$/, "$1");

function span(ms) {
  const size = Math.abs(ms);
  const sign = ms < 0 ? "−" : "";
  if (size < MINUTE) return text("now");
  if (size < HOUR) return sign + unit("minute", Math.floor(size / MINUTE));
  if (size < DAY) return sign + unit("hour", Math.floor(size / HOUR));
  return sign + unit("day", Math.floor(size / DAY));
}

function date(then, now) {
  if (keyForm.format(then) === keyForm.format(now)) return clockForm.format(then);
  return (now - then > 300 * DAY || then > now + 300 * DAY ? yearForm : dateForm).format(then);
}

const capital = (words) => words.charAt(0).toLocaleUpperCase(locale) + words.slice(1);

function day(node, now) {
  const there = node.getAttribute("datetime");
  const distance = Math.round((Date.parse(there) - Date.parse(keyForm.format(now))) / DAY);
  const noon = new Date(`${there}T12:00:00Z`);
  if (distance === 0 || distance === -1) return `${capital(relative.format(distance, "day"))}, ${dateForm.format(noon)}`;
  return capital((now - noon > 300 * DAY ? yearForm : longForm).format(noon));
}

const tellers = {
  age: (then, now) => (now - then < DAY ? span(now - then) : date(then, now)),
  span: (then, now) => span(now - then),
  left: (then, now) => span(then - now),
  clock: (then) => clockForm.format(then),
  date,
  until: (then, now) => (then - now < 7 * DAY && keyForm.format(then) !== keyForm.format(now) ? weekForm : { format: (at) => date(at, now) }).format(then),
};

function urgency(node, left) {
  const chip = node.closest("[data-due]");
  if (!chip) return;
  const state = left < 0 ? "bad-full" : left < 15 * MINUTE ? "warn-full" : "plain";
  if (chip.classList.contains(state)) return;
  chip.classList.remove("plain", "warn-full", "bad-full");
  chip.classList.add(state);
  if (state !== "plain" && chip.closest("#case-head")) say(text(state === "bad-full" ? "overdue" : "soon"));
}

export function tell(within = document) {
  const now = Date.now();
  for (const node of within.querySelectorAll("time[data-tick]")) {
    const kind = node.dataset.tick;
    const then = Date.parse(node.getAttribute("datetime"));
    const words = kind === "day" ? day(node, now) : tellers[kind]?.(then, now);
    if (words && node.textContent !== words) node.textContent = words;
    if (kind === "left") urgency(node, then - now);
  }
}

export function clock(instant) {
  return clockForm.format(instant);
}

let beat = 0;
ageToasts(Date.now());
setInterval(() => {
  ageToasts(Date.now());
  if (beat++ % 10 === 0) tell();
}, 1000);
tell();
for (const name of ["htmx:after:swap", "sluss:changed"]) document.addEventListener(name, () => tell());
document.addEventListener("visibilitychange", () => document.hidden || tell());
