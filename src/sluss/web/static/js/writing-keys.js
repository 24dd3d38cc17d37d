// Keys while writing: send, send and solve, leave the text.
import { action } from "./keys.js";

function sender(selector) {
  const button = document.activeElement.closest?.("form")?.querySelector(selector);
  if (button && !button.disabled) button.click();
  return Boolean(button);
}

function leaveText(event) {
  // A menu closes by itself, and gives the focus back.
  if (event.target.closest(":popover-open")) return false;
  if (event.target.closest("sluss-composer")) document.querySelector("#pane h1")?.focus();
  else event.target.blur();
}

action("send", () => sender('[data-action="send"], [data-action="send-note"], [data-action="send-side"]'));
action("send-solve", () => sender('[data-action="send-solve"]'));
action("leave", leaveText);
