// What this browser keeps: nothing before the first message, and of a proven person nothing at all. In: tokens, messages. Out: the same, later.
const body = document.body.dataset;
export const KEY = body.key;
const name = (what) => `sluss.${KEY}.${what}`;
const memory = new Map();
const hears = new Map();
const tabs = "BroadcastChannel" in window ? new BroadcastChannel(name("tabs")) : null;
let proven = "";

// Where storage is shut, it lasts as long as the page.
function read(what) {
  if (memory.has(what)) return memory.get(what);
  try {
    return localStorage.getItem(name(what)) ?? "";
  } catch {
    return "";
  }
}

function keep(what, value) {
  try {
    if (value) localStorage.setItem(name(what), value);
    else localStorage.removeItem(name(what));
    memory.delete(what);
  } catch {
    memory.set(what, value);
  }
}

export function random(bytes) {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export const isProven = () => Boolean(proven);
export const token = () => proven || read("token");
export const begun = () => Boolean(proven || read("begun"));

export function takeToken() {
  if (!token()) keep("token", random(32));
  return token();
}

export function begin() {
  if (proven || begun()) return;
  keep("begun", "1");
  tell("begun");
}

// From here on only what the company's own server says counts; the talk until now is that person's.
export function prove(given) {
  for (const what of ["token", "begun", "outbox"]) keep(what, "");
  proven = given;
}

export function wipe() {
  proven = "";
  for (const what of ["token", "begun", "outbox", "details"]) keep(what, "");
}

export function forgetToken() {
  proven = "";
  for (const what of ["token", "begun"]) keep(what, "");
}

// Messages on their way, without their files.
export function kept() {
  try {
    return JSON.parse(read("outbox") || "[]");
  } catch {
    return [];
  }
}

export function keepOutbox(list) {
  const value = list.length ? JSON.stringify(list) : "";
  if (proven) return;
  if (value === read("outbox")) return;
  keep("outbox", value);
  tell("outbox");
}

export const soundIsOn = () => read("sound") !== "off";
export const keepSound = (on) => keep("sound", on ? "" : "off");

// Other tabs of the same visitor.
export function tell(what) {
  tabs?.postMessage(what);
}

export function hear(what, run) {
  hears.set(what, run);
}

if (tabs) tabs.onmessage = (event) => hears.get(event.data)?.();

// One tab at a time sends; the client's keys would make a second try harmless, but not the progress of two.
export function alone(run) {
  return navigator.locks && !proven ? navigator.locks.request(name("sending"), run) : run();
}
