// Requests to our own origin, with the visitor's token in a header. In: a path below the chat. Out: JSON, or a `Failure`.
import { KEY, token } from "./store.js";

const LONGEST = 20000;
const base = `/chat/${KEY}`;

// `status` 0: no answer came, so nobody knows whether it was done. `wait` in seconds.
export class Failure extends Error {
  constructor(status, told = {}, wait = 0) {
    super(told.error ?? "");
    this.status = status;
    this.fields = told.fields ?? {};
    this.wait = wait;
  }

  get passes() {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export const address = (path) => `${path.startsWith("/private/") ? "" : base}${path}${path.includes("?") ? "&" : "?"}lang=${document.documentElement.lang}`;

export function headers() {
  return token() ? { Authorization: `Visitor ${token()}` } : {};
}

async function told(answer) {
  const type = answer.headers.get("content-type") ?? "";
  if (answer.ok) return type.includes("json") ? answer.json() : null;
  throw new Failure(answer.status, type.includes("json") ? await answer.json().catch(() => ({})) : {}, Number(answer.headers.get("retry-after")) || 0);
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(address(path), { headers: headers(), signal: AbortSignal.timeout(LONGEST), credentials: "omit", ...options });
  } catch {
    throw new Failure(0);
  }
  return told(answer);
}

export const get = (path) => ask(path, {});
export const post = (path, values) => ask(path, { method: "POST", body: JSON.stringify(values), headers: { ...headers(), "Content-Type": "application/json" } });

export function formOf(entry, page) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ key: entry.key, text: entry.text, name: entry.name ?? "", email: entry.email ?? "" })) if (value) form.set(name, value);
  form.set("page", JSON.stringify(page));
  for (const file of entry.files) form.append("files", file, file.name);
  return form;
}

// A message with its files; only XMLHttpRequest tells how far it is.
export function upload(form, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("/messages"));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      const said = parsed(request.responseText);
      if (request.status === 202) resolve(said);
      else reject(new Failure(request.status, said, Number(request.getResponseHeader("retry-after")) || 0));
    };
    request.onerror = request.onabort = request.ontimeout = () => reject(new Failure(0));
    // A dead line is noticed; a slow one with large files may take its time.
    request.timeout = LONGEST + [...form.values()].reduce((bytes, one) => bytes + (one.size ?? 0), 0) / 20;
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

function parsed(words) {
  try {
    return JSON.parse(words);
  } catch {
    return {};
  }
}

export async function download(file) {
  const answer = await fetch(address(`/files/${file.id}`), { headers: headers(), credentials: "omit" }).catch(() => null);
  if (!answer?.ok) throw new Failure(answer?.status ?? 0);
  return answer.blob();
}
