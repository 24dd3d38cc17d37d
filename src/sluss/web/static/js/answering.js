// Answering on a network: how much room is left.
import { measure } from "./counting.js";

function counted(field) {
  const shown = field.form?.querySelector("[data-length]");
  if (!shown) return;
  const { max, counts, reserved } = field.dataset;
  const most = Number(max) - Number(reserved ?? 0);
  const length = measure(field.value, counts ?? "characters");
  shown.textContent = `${length} / ${most}`;
  shown.classList.toggle("bad", length > most);
}

document.addEventListener("input", (event) => event.target.matches?.("textarea[data-max]") && counted(event.target));
for (const name of ["htmx:after:swap", "sluss:answering"]) document.addEventListener(name, () => document.querySelectorAll("textarea[data-max]").forEach(counted));
document.querySelectorAll("textarea[data-max]").forEach(counted);
