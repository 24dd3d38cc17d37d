// Requests that are not htmx's. Every one carries the CSRF token; a 401 asks for a sign-in and keeps what was typed.
import { text } from "./text.js";

export function csrf() {
  return document.querySelector('meta[name="csrf"]')?.content ?? "";
}

export function key() {
  return Array.from(crypto.getRandomValues(new Uint8Array(13)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Resolves to the response whatever its status; rejects when there was no answer.
export async function post(url, body, options = {}) {
  const data = body instanceof FormData ? body : new URLSearchParams(body ?? {});
  if (!data.has("csrf")) data.set("csrf", csrf());
  if (!data.has("op")) data.set("op", key());
  const answer = await fetch(url, { method: "POST", body: data, headers: { "X-Requested-With": "sluss" }, signal: AbortSignal.timeout(15000), ...options });
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("sluss:signed-out"));
  return answer;
}

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  request.headers["X-CSRF-Token"] = csrf();
});

// htmx swaps error answers that hold a fragment; these two are the cases where there is nothing to swap.
document.addEventListener("htmx:response:error", (event) => {
  const { response, text: body } = event.detail.ctx;
  if (response.status === 401) {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("sluss:signed-out"));
  } else if (!(body ?? "").includes("hx-partial")) {
    document.dispatchEvent(new CustomEvent("sluss:toast", { detail: { text: text("failed"), kind: "bad" } }));
  }
});

document.addEventListener("htmx:error", (event) => {
  const slow = event.detail.ctx?.request?.signal?.reason === "timeout";
  document.dispatchEvent(new CustomEvent("sluss:toast", { detail: { text: text(slow ? "timeout" : "unreachable"), kind: "bad" } }));
});
