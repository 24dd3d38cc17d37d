// Dialogs are native; those that arrive with data-open are shown, and focus goes back to where it was.
import { key } from "./http.js";

export function show(dialog) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  }, { once: true });
  dialog.showModal();
}

let asking = false;

// Signed out in the middle of work: the page and every draft stay, only a dialog asks for the password.
async function signInAgain() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch("/sign-in/again", { headers: { "HX-Request-Type": "partial" } });
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

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-again]");
  if (!form) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (answer.status === 204) {
    const token = answer.headers.get("X-CSRF-Token");
    if (token) document.querySelector('meta[name="csrf"]').content = token;
    if (token) for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = token;
    form.closest("dialog").close();
    document.dispatchEvent(new CustomEvent("sluss:signed-in"));
  } else {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-again]");
    if (fresh) form.replaceChildren(...fresh.children);
    form.querySelector('input[name="op"]').value = key();
    form.querySelector("[type=password]")?.focus();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("dialog [data-close]")) event.target.closest("dialog").close();
});

document.addEventListener("sluss:signed-out", signInAgain);
document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-open]:not([open])")) show(dialog);
});
