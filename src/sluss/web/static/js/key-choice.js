// One's own keys (`/me/keys`): a field takes the keys that are pressed in it. Who writes instead of pressing says so above.
import { spelled } from "./keys.js";

const WAITS_FOR_MORE = 1500;
const STAYS = /^(Tab|Enter|Escape|Shift|Control|Alt|AltGraph|Meta|Dead|CapsLock|Arrow.*|Process|Unidentified)$/;
let pressedAt = -Infinity;

function takePress(event) {
  const field = event.target;
  if (!field.matches?.("[data-press]") || document.getElementById("write-keys")?.checked) return;
  if (STAYS.test(event.key) || event.isComposing || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Backspace" || event.key === "Delete") return void (field.value = "");
  const more = event.timeStamp - pressedAt < WAITS_FOR_MORE && field.value && !field.value.includes(" ");
  // A letter that needs Alt or AltGr is shown, so that it can be refused with the reason.
  const one = event.altKey || event.getModifierState("AltGraph") ? event.key : spelled(event);
  field.value = more ? `${field.value} ${one}` : one;
  pressedAt = event.timeStamp;
}

const choice = document.querySelector("[data-press-choice]");
if (choice) choice.hidden = false;
document.addEventListener("focusin", () => { pressedAt = -Infinity; });
document.addEventListener("keydown", takePress, true);
