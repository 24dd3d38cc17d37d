// What was written and is on its way: in order, one at a time, under one key each, until the server has stored it. In: texts, files.
import { Failure, formOf, upload } from "./net.js";
import { TAB, alone, begin, dropEntry, hear, isOpen, isProven, keepEntry, kept, random, takeToken } from "./store.js";

export const entries = [];
let changed = () => {};
let stored = () => {};
let about = () => ({});
let pumping = false;
let pause = 0;
let timer = 0;

// `onChange()`: draw anew. `onStored(entry)`: it is safe. `details()`: the page it was written on, who takes back what is refused, whom to
// tell that nothing answers.
export function startOutbox(onChange, onStored, details) {
  [changed, stored, about] = [onChange, onStored, details];
  for (const one of kept()) one.files && !one.sent ? inherit(one) : adopt(one);
  hear("outbox", merge);
  addEventListener("online", () => hurry());
  pump();
}

function adopt(one) {
  const lost = one.files && !one.sent;
  entries.push({ ...one, files: [], state: one.sent ? "sent" : lost ? "failed" : "waiting", reason: lost ? "lost-files" : "", progress: 0 });
}

// Files live in the tab that took them; only when it is gone are they lost.
async function inherit(one) {
  if (await isOpen(one.tab)) return;
  adopt(one);
  changed(entries.at(-1));
}

// Another tab wrote or sent something.
function merge() {
  if (isProven()) return;
  const known = new Map(kept().map((one) => [one.key, one]));
  for (const one of [...entries]) {
    if (!known.has(one.key) && !one.files.length) leave(one);
    else if (known.get(one.key)?.sent && one.state !== "sent") [one.state, one.reason] = ["sent", ""];
    known.delete(one.key);
  }
  for (const one of known.values()) if (!one.files || one.sent) adopt(one);
  changed();
}

export function add(text, files, more) {
  const entry = { key: random(16), text, at: Date.now(), files, state: "waiting", reason: "", progress: 0, ...more };
  entries.push(entry);
  save(entry);
  changed(entry);
  pump();
  return entry;
}

// The server has shown it, or nobody wants it any more.
export function drop(key) {
  const gone = entries.find((one) => one.key === key);
  if (!gone) return;
  leave(gone);
  dropEntry(key);
  changed(gone);
}

function leave(gone) {
  entries.splice(entries.indexOf(gone), 1);
  gone.abort?.abort();
  gone.state = "gone";
}

export function retry(key) {
  const entry = entries.find((one) => one.key === key);
  if (!entry || entry.reason === "lost-files" && !entry.text) return;
  setState(entry, "waiting");
  hurry();
}

export function hurry() {
  clearTimeout(timer);
  pause = 0;
  pump();
}

export function clearOutbox() {
  for (const one of [...entries]) leave(one);
  changed();
}

function save({ key, text, at, files, state, name, email }) {
  keepEntry({ key, text, at, name, email, files: files.length, sent: state === "sent", ...(files.length && { tab: TAB }) });
}

function setState(entry, state, reason = "") {
  [entry.state, entry.reason] = [state, reason];
  save(entry);
  changed(entry);
}

async function pump() {
  if (pumping) return;
  pumping = true;
  let wait = 0;
  try {
    while (!wait && entries.some((one) => one.state === "waiting")) wait = await alone(() => sendNext());
  } finally {
    pumping = false;
  }
  if (wait) timer = setTimeout(pump, wait);
}

async function sendNext() {
  merge();
  const entry = entries.find((one) => one.state === "waiting");
  if (!entry) return 0;
  takeToken();
  setState(entry, "sending");
  try {
    await upload(formOf(entry, about().page), (share) => {
      entry.progress = share;
      changed(entry);
    }, (entry.abort = new AbortController()).signal);
  } catch (failure) {
    return failed(entry, failure);
  }
  pause = 0;
  entry.files = [];
  begin();
  setState(entry, "sent");
  stored(entry);
  return 0;
}

// The order stays: what cannot go now holds what follows; what is refused does not.
function failed(entry, failure) {
  if (entry.state === "gone") return 0;
  if (failure instanceof Failure && !failure.passes) {
    const reason = Object.values(failure.fields)[0] || failure.message || "failure";
    if (about().refused(failure, entry, reason)) drop(entry.key);
    else setState(entry, "failed", reason);
    return 0;
  }
  if (failure.status !== 429) about().away();
  pause = Math.min(30000, pause ? pause * 2 : 1000);
  const wait = failure.wait ? failure.wait * 1000 : pause * (0.75 + Math.random() / 2);
  setState(entry, "waiting", failure.status === 429 ? `slow-down:${failure.wait || Math.ceil(wait / 1000)}` : "");
  return wait;
}
