// The third tab: asking somebody beside the customer. A conversation in the timeline offers to go on with it there.
import { replacePeople } from "./people.js";

const sideForm = () => document.querySelector('form[data-kind="side"]');

// Goes on with a conversation, or with none of them: what is written stays.
function chooseThread({ thread = "0", about = "", people = "" }) {
  const form = sideForm();
  form.elements.thread.value = thread;
  form.querySelector("[data-thread-line]").hidden = thread === "0";
  form.querySelector("[data-subject-line]").hidden = thread !== "0";
  form.querySelector("[data-thread-line] [data-about]").textContent = about;
  replacePeople(form.querySelector("[data-people]"), people);
  document.getElementById("tab-side").click();
  if (thread === "0") form.querySelector("[data-people] input").focus();
  form.elements.body.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const answer = event.target.closest?.("[data-side-answer]");
  if (answer && sideForm()) {
    event.preventDefault();
    chooseThread({ thread: answer.dataset.sideAnswer, about: answer.dataset.about, people: answer.dataset.people });
  }
  if (event.target.closest?.("[data-new-side]")) chooseThread({});
});

// A file of a message goes with the message: ticking the one ticks the other, letting the message go lets its files go.
document.addEventListener("change", (event) => {
  const { name, checked } = event.target;
  const label = event.target.closest?.(".along .choice");
  if (!label) return;
  if (name === "passed" && checked) {
    let before = label;
    while (before.matches(".of")) before = before.previousElementSibling;
    before.querySelector("input").checked = true;
  }
  for (let after = label.nextElementSibling; name === "quote" && !checked && after?.matches(".of"); after = after.nextElementSibling) after.querySelector("input").checked = false;
});

document.addEventListener("htmx:after:swap", () => { for (const button of document.querySelectorAll("[data-new-side]")) button.hidden = false; });
for (const button of document.querySelectorAll("[data-new-side]")) button.hidden = false;
