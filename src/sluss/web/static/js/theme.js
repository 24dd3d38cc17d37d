// Light, dark or as the device: changed at once, kept by the server.
import { post } from "./http.js";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-current", String(button === event.submitter));
  post(form.action, { theme }).catch(() => {});
});
