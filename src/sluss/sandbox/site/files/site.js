// What the site adds to its pages: buttons that open the chat, and who has signed in. All of it works as links without this.

// Until the chat is there, its calls wait in a line.
window.sluss ||= Object.assign((...call) => window.sluss.q.push(call), { q: [] });

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-chat]");
  if (!opener) return;
  event.preventDefault();
  if (opener.dataset.chat) window.sluss("prefill", opener.dataset.chat);
  window.sluss("open");
});

// A token lasts a quarter of an hour; the page fetches the next one before that.
async function identify() {
  const answer = await fetch("/identity");
  if (answer.ok) window.sluss("identify", (await answer.json()).jwt);
}

if ("signedIn" in document.body.dataset) {
  identify();
  setInterval(identify, 12 * 60 * 1000);
}
if ("signedOut" in document.body.dataset) window.sluss("logout");
