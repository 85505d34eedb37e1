// The pages of quality: brought up to date while somebody looks, unless the box is cleared.
import { buttons, connection, fresh } from "./live.js";

const EVERY = 30000, KEPT = "quality-again";
const box = document.getElementById("again");
const main = document.getElementById("main");

const lookNowAndThen = () => (box.checked && !document.hidden ? look() : undefined);

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; } // signed out
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = [...main.querySelectorAll("details[open][id]")].map((one) => one.id);
    const parts = page.querySelectorAll("#main > section[id], #as-of");
    fresh([...parts].map((one) => one.outerHTML).join(""));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    connection(true);
  } catch {
    connection(false);
  }
}

box.closest("label").hidden = false;
box.checked = sessionStorage.getItem(KEPT) !== "no";
box.addEventListener("change", () => { sessionStorage.setItem(KEPT, box.checked ? "yes" : "no"); lookNowAndThen(); });
document.addEventListener("visibilitychange", lookNowAndThen);
setInterval(lookNowAndThen, EVERY);
buttons(look);
