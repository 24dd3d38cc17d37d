// The customer panel: one form open at a time, Esc closes it, focus comes back. Its texts stay whole while a case is kept fresh.
const pieceOf = (node) => node.closest?.("details.edit");

function opened(piece) {
  piece.closest("#contact")?.toggleAttribute("hx-morph-skip", Boolean(document.querySelector("#contact details.edit[open]")));
  if (!piece.open) return;
  const field = piece.querySelector('[aria-invalid="true"]') ?? piece.querySelector('input:not([type="hidden"]), select, textarea');
  if (piece.contains(document.activeElement) && document.activeElement.tagName !== "SUMMARY") return;
  field?.focus();
  if (field?.matches('input[name="name"]')) field.select();
}

function shut(piece) {
  piece.querySelector("form")?.reset();
  piece.open = false;
  const summary = piece.querySelector("summary");
  if (summary.checkVisibility()) summary.focus();
}

document.addEventListener("toggle", (event) => event.target.matches?.("#contact details.edit") && opened(event.target), true);
document.addEventListener("keydown", (event) => {
  const piece = event.key === "Escape" && !event.isComposing ? pieceOf(event.target) : null;
  if (!piece?.open) return;
  event.preventDefault();
  event.stopPropagation();
  shut(piece);
}, true);
// At once, and not with the toggle that is told of later: the next key is already meant for the field.
document.addEventListener("click", (event) => {
  const piece = event.target.closest?.("#contact details.edit > summary")?.parentElement;
  if (!piece || piece.open) return;
  event.preventDefault();
  piece.open = true;
  opened(piece);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-shut], [data-edit]");
  if (!button) return;
  if (button.dataset.edit) document.getElementById(button.dataset.edit).open = true;
  else shut(pieceOf(button));
});

// After a form did its work the panel is new: focus goes to where the form was, or to what is wrong in it.
let edited = "";
document.addEventListener("htmx:before:request", (event) => {
  const from = event.detail?.ctx?.sourceElement ?? event.target;
  if (!from.closest?.("#contact")) return;
  const menu = from.closest("[popover]");
  edited = pieceOf(from)?.id || menu?.id || edited;
  // Where it stood is no longer true of the menu that comes in its place.
  menu?.hidePopover();
  menu?.removeAttribute("style");
});
document.addEventListener("htmx:after:swap", () => {
  const contact = document.getElementById("contact");
  if (!edited || !contact || contact.contains(document.activeElement)) return;
  const there = document.getElementById(edited);
  edited = "";
  const open = contact.querySelector("details.edit[open]");
  if (open) opened(open);
  else if (there?.matches("details")) [there.querySelector("summary"), contact.querySelector("summary")].find((one) => one?.checkVisibility())?.focus();
  else contact.querySelector(`[popovertarget="${there?.id}"]`)?.focus();
});

// A card that could not even be asked for says so, with a way to try again.
document.addEventListener("htmx:error", (event) => {
  const form = (event.detail?.ctx?.sourceElement ?? event.target).closest?.("form.asks");
  if (!form) return;
  form.classList.add("late");
  form.querySelector(".lost").hidden = false;
});
