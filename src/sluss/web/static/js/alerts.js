// The page on which one chooses how to be told: what this browser allows, a sound to hear, the same hours for every day.
import { text } from "./text.js";
import { toast } from "./toast.js";
import { play } from "./sounds.js";

function permission() {
  if (!("Notification" in self)) return isSecureContext ? "missing" : "insecure";
  return isSecureContext ? Notification.permission : "insecure";
}

class SlussPermission extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.show();
    this.addEventListener("click", async (event) => {
      if (event.target.closest("[data-ask]")) { await Notification.requestPermission(); this.show(); }
      if (event.target.closest("[data-try]")) new Notification("Sluss", { body: text("desktop-works"), tag: "sluss-try" });
    });
  }

  show() {
    for (const line of this.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== permission();
  }
}
customElements.define("sluss-permission", SlussPermission);

document.addEventListener("click", async (event) => {
  const form = event.target.closest("form.alerts");
  if (form && event.target.closest("[data-try-sound]") && !(await play(form.elements.sound.value, form.elements.volume.value / 100))) toast(text("no-sound"), "bad");
  if (form && event.target.closest("[data-same-days]")) {
    for (const name of ["start", "stop"]) for (const input of form.elements[name]) input.value = form.elements[name][0].value;
  }
});
