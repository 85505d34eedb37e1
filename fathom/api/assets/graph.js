// The forms of the graph's pages: asked first, sent to the API, said to be at work, and their outcome in words.
import { asked, told, words } from "./live.js";

const work = document.getElementById("work");

function said(text, answer) {
  return text.replace(/\{([\w.]+)\}/g, (_, path) => {
    const value = path.split(".").reduce((from, name) => from?.[name], answer);
    return Array.isArray(value) ? value.join(", ") : String(value ?? "–");
  });
}

function filled(form) {
  const given = JSON.parse(form.dataset.body);
  for (const [name, value] of new FormData(form)) if (value !== "") given[name] = value;
  return JSON.stringify(given);
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.act");
  if (!form) return;
  event.preventDefault();
  const { url, method, title, says, yes, kind, done } = form.dataset;
  const body = filled(form);
  if (!(await asked(title, says.split("\n"), yes, kind))) return;
  const buttons = document.querySelectorAll("form.act button");
  for (const button of buttons) button.disabled = true;
  work.hidden = false;
  work.textContent = "At work. This page says when it is done; leaving it does not stop the work.";
  try {
    const answer = await fetch(url, { method, headers: { "content-type": "application/json" }, body });
    if (answer.ok) {
      await told("Done", [said(done, await answer.json())]);
      location.reload();
      return;
    }
    await told("That did not work", [await words(answer)]);
  } catch {
    await told("That did not work", ["Fathom does not answer. `fathom up` starts it."]);
  }
  work.hidden = true;
  for (const button of buttons) button.disabled = false;
  form.querySelector("button").focus();
});
