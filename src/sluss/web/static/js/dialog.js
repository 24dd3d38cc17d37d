// Dialogs are native; those that arrive with data-open are shown, and focus goes back to where it was.
import { text } from "./text.js";

export function show(dialog) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  }, { once: true });
  dialog.showModal();
}

const page = (url) => fetch(url, { headers: { Accept: "text/html" } });
let asking = false;

// Signed out in the middle of work: the page and every draft stay, only a dialog asks for the password.
async function signInAgain() {
  if (asking) return;
  asking = true;
  try {
    const answer = await page("/sign-in/again");
    if (!answer.ok) return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    const holder = document.createElement("div");
    holder.innerHTML = await answer.text();
    const dialog = holder.querySelector("dialog");
    document.body.append(dialog);
    dialog.addEventListener("close", () => { asking = false; }, { once: true });
    show(dialog);
  } catch {
    asking = false;
  }
}

// The new session has a new token, which every form of this page must know. Any page tells it.
async function renewToken() {
  const whole = new DOMParser().parseFromString(await (await page(location.href)).text(), "text/html");
  const token = whole.querySelector('meta[name="csrf"]')?.content ?? "";
  document.querySelector('meta[name="csrf"]').content = token;
  for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = token;
}

async function freshForm() {
  return new DOMParser().parseFromString(await (await page("/sign-in/again")).text(), "text/html").querySelector("form[data-again]");
}

async function trySignIn(form, mayRepeat) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (answer.ok && answer.status === 204) {
    await renewToken();
    form.closest("dialog").close();
    document.dispatchEvent(new CustomEvent("sluss:signed-in"));
  } else if (answer.status === 403 && mayRepeat) {
    // Another tab asked at the same moment and its cookie won: take the token that goes with it.
    form.elements.csrf.value = (await freshForm())?.elements.csrf.value ?? "";
    await trySignIn(form, false);
  } else {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-again]") ?? (await freshForm());
    form.replaceChildren(...fresh.children);
    // The second step is another form than the first.
    for (const name of ["action", "data-passkey", "data-at"]) form.setAttribute(name, fresh.getAttribute(name) ?? "");
    form.querySelector("[autofocus], [type=password]")?.focus();
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-again]");
  if (!form) return;
  event.preventDefault();
  trySignIn(form, true).catch(() => document.dispatchEvent(new CustomEvent("sluss:toast", { detail: { text: text("unreachable"), kind: "bad" } })));
});

document.addEventListener("click", (event) => {
  if (event.target.closest("dialog [data-close]")) event.target.closest("dialog").close();
});

// What a dialog asked for was done; what only looks something up in it leaves it open.
document.addEventListener("htmx:finally:request", (event) => !event.target.closest?.("[data-stay]") && event.detail.ctx?.response?.raw?.ok && event.target.closest?.("dialog[open]")?.close());
document.addEventListener("sluss:signed-out", signInAgain);
document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-open]:not([open])")) show(dialog);
});
