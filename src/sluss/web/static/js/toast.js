// Toasts: they wait while hovered or focused, count down an undo, and go away by themselves. Errors stay until dismissed.
import { element, icon, text } from "./text.js";

const REST = 8000;
const toasts = document.getElementById("toasts");

export function toast(words, kind = "ok") {
  const close = element("button", { class: "btn ghost", type: "button", "data-dismiss": true, "aria-label": text("close") }, icon("x"));
  toasts?.append(element("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : null }, element("span", { class: "grow" }, words), close));
}

// The newest undo that can still be taken, for the keyboard.
export function newestUndo() {
  return [...(toasts?.querySelectorAll('[data-action="undo"]') ?? [])].at(-1);
}

function ends(node) {
  return node.dataset.until ? Date.parse(node.dataset.until) : Number(node.dataset.ends || (node.dataset.ends = String(Date.now() + REST)));
}

// Called by the one clock, each second.
export function ageToasts(now) {
  for (const node of toasts?.children ?? []) {
    if (node.classList.contains("bad") || node.hidden) continue;
    const left = ends(node) - now;
    const count = node.querySelector("[data-left]");
    if (count) count.textContent = String(Math.max(0, Math.ceil(left / 1000)));
    if (left > 0 || (!node.dataset.until && node.matches(":hover, :focus-within"))) continue;
    node.remove();
  }
}

toasts?.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
});
// An undo under way hides its toast; it goes when the answer is there, whose parts htmx places by it.
toasts?.addEventListener("htmx:before:request", (event) => { event.target.closest(".toast").hidden = true; });
toasts?.addEventListener("htmx:finally:request", (event) => event.target.closest(".toast")?.remove());
document.addEventListener("sluss:toast", (event) => toast(event.detail.text, event.detail.kind));
