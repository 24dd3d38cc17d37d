// Writing in a live talk: Enter sends, the next words can be typed while the last are on their way, and what is in view has been read.
import { post } from "./http.js";
import { atEnd } from "./case.js";

const talking = (node) => node.closest?.('sluss-composer[data-live] form[data-kind="reply"]');
const touch = matchMedia("(pointer: coarse)");
let flying = null; // { ctx, words, again }
let lastRead = "";

function enterSends(event) {
  const form = event.key === "Enter" && event.target.matches?.("textarea") && talking(event.target);
  if (!form || event.defaultPrevented || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || touch.matches) return;
  event.preventDefault();
  if (form.closest("sluss-composer").querySelector(".ready:not([hidden])")) return;
  if (flying) flying.again = true;
  else if (event.target.value.trim() || form.querySelector(".attached input")) form.querySelector('[data-action="send"]').click();
}

// The form has been read by then. What is typed from here on is the next message; draft.js carries it over to the composer that comes.
function departed({ target, detail }) {
  const form = talking(target);
  if (!form) return;
  flying = { ctx: detail.ctx, words: form.elements.body.value, again: false };
  form.elements.body.value = "";
}

// Not taken: the words go back before those that were typed since.
function arrivedOrNot(event) {
  if (!flying || flying.ctx !== event.detail.ctx) return;
  const { words, again } = flying;
  flying = null;
  const field = document.getElementById("f-body");
  if (!field || !talking(field)) return;
  if (event.detail.ctx.response?.raw?.ok) return void (again && field.value.trim() && talking(field).querySelector('[data-action="send"]').click());
  const typed = field.value === words ? "" : field.value;
  field.value = typed ? `${words}\n${typed}` : words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// The customer is told that one of us has read, as far as this page shows it.
function readOn() {
  const open = document.querySelector("#pane[data-case]");
  const scroller = document.getElementById("timeline");
  if (document.hidden || !open?.querySelector("sluss-composer[data-live]") || !atEnd()) return;
  const newest = [...scroller.querySelectorAll(".msg.in")].at(-1)?.id ?? "";
  if (newest === lastRead) return;
  lastRead = newest;
  post(`/cases/${open.dataset.no}/read`).catch(() => { lastRead = ""; });
}

document.addEventListener("keydown", enterSends);
document.addEventListener("htmx:before:request", departed);
document.addEventListener("htmx:finally:request", arrivedOrNot);
for (const name of ["htmx:after:swap", "visibilitychange"]) document.addEventListener(name, () => setTimeout(readOn, 60));
document.addEventListener("scroll", readOn, { capture: true, passive: true });
