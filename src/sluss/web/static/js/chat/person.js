// Whose talk this is: nobody's in particular, a proven person's, or over. In: a signed token, a wish to end. Out: another token, another log.
import { text } from "../text.js";
import { connect, disconnect } from "./line.js";
import { clearLog } from "./log.js";
import { fitMenu, knowPerson } from "./menu.js";
import { post } from "./net.js";
import { clearOutbox } from "./outbox.js";
import { tellPage } from "./port.js";
import { count } from "./reading.js";
import { tellNotice } from "./standing.js";
import { dropPerson, forgetToken, isProven, prove, wipe } from "./store.js";
import { close, showDetails } from "./writer.js";

let wishes = 0;
const locked = () => document.body.dataset.identify === "required" && !isProven();

export function lock() {
  close(locked() ? text("sign-in") : "");
}

export function forget() {
  wipe();
  forgetHere();
}

// Another tab may have done it.
export function forgetHere() {
  wishes += 1;
  disconnect();
  dropPerson();
  clearOutbox();
  clearLog();
  knowPerson({ name: "", email: "" });
  count();
  tellPage("ended");
  showDetails();
  lock();
}

// The last wish counts: an answer that comes late signs nobody in who has left, or whom somebody else has followed.
export async function identify({ jwt }) {
  const mine = ++wishes;
  try {
    const person = await post("/identify", { jwt });
    if (mine !== wishes) return;
    const was = isProven();
    disconnect();
    const other = prove(person.token);
    if (other) clearOutbox();
    if (other || !was) clearLog();
    knowPerson(person);
    tellNotice("");
    lock();
    showDetails();
    connect();
  } catch (failure) {
    if (mine !== wishes) return;
    tellPage("error", { text: failure.message || "unreachable" });
    if (failure.passes) setTimeout(() => mine === wishes && identify({ jwt }), 5000);
  }
}

// The server knows the token no more. What was written is kept, and goes out under a new one.
export function lose() {
  const proven = isProven();
  forgetToken();
  fitMenu();
  tellNotice(text(proven || locked() ? "sign-in" : "begin-anew"));
  tellPage("error", { text: document.getElementById("notice").textContent });
  lock();
  showDetails();
}
