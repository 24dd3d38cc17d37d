// A private page that goes on from something public. In: a press, a code of another device. Out: this browser is let in.
import { element, text } from "../text.js";
import { ask, finish, labelled } from "./menu.js";
import { post } from "./net.js";
import { tellAway, tellBack, tellNotice } from "./standing.js";
import { begin, begun, takeToken } from "./store.js";
import { close } from "./writer.js";

const path = document.body.dataset.private;
const gate = document.getElementById("gate");
export const isPrivate = Boolean(path);

// Programs that draw previews of links open pages, but press nothing.
export function startPrivate(wake, write) {
  document.getElementById("ask-device").onclick = showCode;
  document.getElementById("ask-call").onclick = () => askCall(write);
  const come = () => enter(wake);
  gate.querySelector("button").onclick = come;
  if (begun()) come();
  else document.body.classList.add("shut");
}

async function enter(wake, code = "") {
  takeToken();
  try {
    const told = await post(`${path}/enter`, { code });
    tellBack();
    document.body.classList.remove("shut");
    gate.querySelector("button").hidden = true;
    showWord(told);
    begin();
    wake();
  } catch (failure) {
    if (failure.status === 403 && code) throw failure;
    if (failure.status === 403) askCode(failure.message, wake);
    else if (failure.passes) {
      tellAway();
      setTimeout(() => enter(wake), 5000);
    } else {
      tellNotice(failure.message);
      close(failure.message);
    }
  }
}

function askCode(why, wake) {
  const field = labelled("code", "text", "", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 7, required: true });
  ask(text("private-code"), [element("p", {}, why), field], text("private-open"), async (form) => {
    await enter(wake, form.elements.code.value.trim());
    document.getElementById("dialog").close();
  });
}

function showWord({ word, proved }) {
  const line = document.getElementById("word");
  line.hidden = proved;
  line.textContent = text("private-word", { word });
}

// A wish for a call is a message like any other: it stands in the case, with the number to call.
function askCall(write) {
  document.getElementById("menu").hidePopover();
  const fields = [labelled("phone", "tel", "", { required: true, maxlength: 40, autocomplete: "tel" }), labelled("when", "text", "", { maxlength: 120, autocomplete: "off" })];
  ask(text("call-title"), fields, text("call-send"), (form) => {
    write(text("call-text", { phone: form.elements.phone.value.trim(), when: form.elements.when.value.trim() || text("call-any") }));
    finish(text("call-sent"));
  });
}

async function showCode() {
  document.getElementById("menu").hidePopover();
  const { code } = await post(`${path}/device`, {}).catch((failure) => (tellNotice(failure.message || text("failure")), {}));
  if (code) finish(text("private-device", { code: `${code.slice(0, 3)} ${code.slice(3)}` }));
}
