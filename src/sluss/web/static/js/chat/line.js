// The live stream: read by fetch, since its token belongs into a header. In: handlers by event. Out: events, over every break of the line.
import { address, headers } from "./net.js";

// The server says something every fifteen seconds; a line that is silent for longer is dead, though nobody has told us.
const SILENCE = 35000;
const LONGEST = 30000;
let handlers = {};
let current = null;
let tries = 0;
let timer = 0;
let heard = 0;

export function listen(given) {
  handlers = given;
}

export const isListening = () => Boolean(current);

export function connect() {
  if (current) return;
  clearTimeout(timer);
  current = new AbortController();
  follow(current).catch(() => {});
}

export function disconnect() {
  clearTimeout(timer);
  current?.abort();
  current = null;
}

export function reconnect() {
  disconnect();
  tries = 0;
  connect();
}

async function follow(mine) {
  const watch = setInterval(() => Date.now() - heard > SILENCE && mine.abort(), 1000);
  let wait = 0;
  heard = Date.now();
  try {
    const answer = await fetch(address("/live"), { headers: headers(), signal: mine.signal, credentials: "omit", cache: "no-store" });
    if (answer.ok) wait = await read(answer.body.getReader());
    else wait = await refused(answer);
  } catch {
    // Tried again below.
  } finally {
    clearInterval(watch);
  }
  if (current !== mine) return;
  current = null;
  if (wait < 0) return;
  if (!wait) handlers.away?.();
  timer = setTimeout(connect, wait || Math.min(LONGEST, 500 * 2 ** tries++) * (0.5 + Math.random() / 2));
}

async function refused(answer) {
  if (answer.status === 401 || answer.status === 404) {
    const said = await answer.json().catch(() => ({}));
    handlers.refused?.(answer.status, said.error ?? "");
    return answer.status === 401 ? -1 : 20000;
  }
  return Number(answer.headers.get("retry-after")) * 1000 || 0;
}

async function read(reader) {
  const decoder = new TextDecoder();
  let rest = "";
  let wait = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return wait;
    heard = Date.now();
    const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = parts.pop();
    for (const part of parts) wait = hear(part) || wait;
  }
}

function hear(part) {
  // Not by a pattern: for one a line also ends where some names and texts have signs that JSON leaves as they are.
  const [name, data] = ["event: ", "data: "].map((what) => part.split("\n").find((one) => one.startsWith(what))?.slice(what.length));
  if (!name) return 0;
  const told = JSON.parse(data ?? "{}");
  tries = 0;
  if (name === "bye") return told.wait;
  handlers[name]?.(told);
  return 0;
}

// Back from sleep, or back on the network: do not wait for a timer that slept, too.
function wake() {
  if (document.hidden || !navigator.onLine) return;
  if (current && Date.now() - heard > SILENCE) reconnect();
  else if (!current && timer) {
    tries = 0;
    connect();
  }
}

addEventListener("online", () => current || timer ? reconnect() : null);
addEventListener("pageshow", wake);
document.addEventListener("visibilitychange", wake);
