// Two chosen rows are asked about in the dialog of merging. In a choice with a field, writing chooses it.
import { text } from "./text.js";
import { toast } from "./toast.js";

function mergeChosen() {
  const chosen = [...document.querySelectorAll("#rows .pick :checked")].map((box) => box.value);
  document.getElementById("bulk-menu")?.hidePopover();
  if (chosen.length !== 2) return toast(text("merge-two"));
  htmx.ajax("GET", `/cases/${chosen[0]}/merge?other=${chosen[1]}&away=1`, { target: "#dialogs", swap: "none" });
}

document.addEventListener("click", (event) => event.target.closest('[data-bulk="merge"]') && mergeChosen());
document.addEventListener("input", (event) => {
  const choice = event.target.matches?.("input:not([type=radio])") && event.target.closest(".choice.with-field")?.querySelector("[type=radio]");
  if (choice && event.target.value) choice.checked = true;
});
