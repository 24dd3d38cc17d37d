// What is said above and below the talk: whether anybody is there, who writes, what is wrong with the line. In: news. Out: sentences.
import { text } from "../text.js";
import { isListening } from "./line.js";
import { scroller, toEnd } from "./log.js";
import { get } from "./net.js";
import { looking } from "./reading.js";

const notice = document.getElementById("notice");
const NEAR = 120;
const PATIENCE = 3000;
let timer = 0;

export function tellNotice(sentence) {
  notice.textContent = sentence;
  notice.hidden = !sentence;
}

let trouble = 0;

// A line that comes back within moments is no news.
export function tellAway() {
  if (!navigator.onLine) tellNotice(text("offline"));
  else trouble ||= setTimeout(() => tellNotice(text("away")), PATIENCE);
}

export function tellBack() {
  clearTimeout(trouble);
  trouble = 0;
  tellNotice("");
}

export function showState({ open: isOpen, staffed, says, notices = [] }) {
  showNews(notices);
  const line = document.getElementById("state");
  line.textContent = says;
  line.classList.toggle("there", isOpen && staffed);
}

function showNews(notices) {
  const place = document.getElementById("news");
  if (place.dataset.told === JSON.stringify(notices)) return;
  place.dataset.told = JSON.stringify(notices);
  place.replaceChildren(...notices.map(({ label, text: words, solved }) => {
    const line = Object.assign(document.createElement("p"), { className: solved ? "notice good" : "notice", dir: "auto" });
    line.append(Object.assign(document.createElement("b"), { textContent: label }), ` ${words}`);
    return line;
  }));
}

export function showTyping({ name }) {
  const line = document.getElementById("typing");
  if (name) line.lastElementChild.textContent = text("typing", { name });
  line.hidden = !name;
  if (name && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR) toEnd();
}

// Nobody has written yet: there is no stream that would tell whether somebody is there.
export async function askState() {
  clearTimeout(timer);
  if (!isListening() && looking()) await get("/state").then(showState, () => {});
  timer = setTimeout(askState, 60000);
}

addEventListener("offline", () => tellNotice(text("offline")));
addEventListener("online", () => notice.textContent === text("offline") && tellBack());
