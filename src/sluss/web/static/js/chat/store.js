// What this browser keeps: nothing before the first message, and of a proven person nothing at all. In: tokens, messages. Out: the same, later.
const body = document.body.dataset;
export const KEY = body.key;
// A private page is a talk of its own beside that with the web site.
const name = (what) => `sluss.${body.room ?? KEY}.${what}`;
const memory = new Map();
const hears = new Map();
const tabs = "BroadcastChannel" in window ? new BroadcastChannel(name("tabs")) : null;
const OUT = "out.";
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

// From here on only what the company's own server says counts; the talk until now is that person's. True where it is another person's.
export function prove(given) {
  const other = Boolean(proven) && proven.split(".")[1] !== given.split(".")[1];
  for (const what of ["token", "begun", "draft"]) keep(what, "");
  proven = given;
  return other;
}

export function wipe() {
  proven = "";
  for (const what of ["token", "begun", "draft", ...all(OUT)]) keep(what, "");
  tell("ended");
}

export function dropPerson() {
  proven = "";
}

export function forgetToken() {
  proven = "";
  for (const what of ["token", "begun"]) keep(what, "");
}

// Messages on their way, without their files; each under a name of its own, so that no tab writes over what another one holds.
export function kept() {
  return all(OUT).map((what) => JSON.parse(read(what))).sort((one, other) => one.at - other.at);
}

export function keepEntry(entry) {
  const value = JSON.stringify(entry);
  if (proven || value === read(OUT + entry.key)) return;
  keep(OUT + entry.key, value);
  tell("outbox");
}

export function dropEntry(key) {
  if (!read(OUT + key)) return;
  keep(OUT + key, "");
  tell("outbox");
}

function all(start) {
  const found = new Set(memory.keys());
  try {
    for (const one of Object.keys(localStorage)) if (one.startsWith(name(""))) found.add(one.slice(name("").length));
  } catch {
    // What is in memory is all there is.
  }
  return [...found].filter((what) => what.startsWith(start) && read(what));
}

export const draft = () => read("draft");
// What is being written stays over a reload, from the first message on.
export const keepDraft = (words) => !proven && (begun() || !words) && keep("draft", words);

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

// Which tabs are still open: each holds a lock of its own as long as it lives.
export const TAB = random(8);
navigator.locks?.request(name(`tab.${TAB}`), () => new Promise(() => {})).catch(() => {});

export async function isOpen(tab) {
  const { held = [] } = (await navigator.locks?.query().catch(() => ({}))) ?? {};
  return held.some((one) => one.name === name(`tab.${tab}`));
}

// One tab at a time sends; the client's keys would make a second try harmless, but not the progress of two.
// A browser that shuts the storage of frames on other sites refuses locks as well: there is no other tab to wait for.
export async function alone(run) {
  let ran = false;
  const once = () => ((ran = true), run());
  if (!navigator.locks || proven) return run();
  return navigator.locks.request(name("sending"), once).catch((failure) => {
    if (ran) throw failure;
    return run();
  });
}
