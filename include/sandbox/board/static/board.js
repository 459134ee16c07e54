// What htmx does not do by itself: drag and drop, closing the panel, and care for what a person is in the middle of.
"use strict";

let dragged = null;

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.("[data-opportunity]");
  if (!card) return;
  dragged = card;
  event.dataTransfer.setData("text/plain", card.dataset.opportunity);
  event.dataTransfer.effectAllowed = "move";
  card.classList.add("dragged");
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  mark(null);
});

document.addEventListener("dragover", (event) => {
  const column = dragged && event.target.closest("[data-stage]");
  mark(column);
  if (column) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const column = dragged && event.target.closest("[data-stage]");
  if (!column) return;
  event.preventDefault();
  const values = { opportunity: dragged.dataset.opportunity, stage: column.dataset.stage };
  dragged.classList.remove("dragged");
  dragged = null;
  mark(null);
  htmx.ajax("POST", "board/move", { source: "#lever", swap: "none", values });
});

function mark(column) {
  for (const marked of document.querySelectorAll(".over")) if (marked !== column) marked.classList.remove("over");
  column?.classList.add("over");
}

let shown = searched(); // what the page's cards were searched by

function searched() {
  return document.getElementById("q").value;
}

// A part waits for the next poll while a card of it is dragged or a list in it is open.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const busy = dragged ?? document.querySelector("select:focus");
  if (busy && target.contains(busy)) {
    event.detail.shouldSwap = false;
    return;
  }
  target.dataset.scrolled = target.scrollTop;
  if (searched() !== shown) return; // other cards, and no news
  for (const card of fragment.querySelectorAll(".card")) {
    const before = document.getElementById(card.id);
    const same = before && target.contains(before) && before.textContent === card.textContent;
    if (!same) card.classList.add("fresh");
  }
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  const { target } = event.detail;
  if (target.dataset.scrolled) target.scrollTop = Number(target.dataset.scrolled);
});

// An input that stays over a refresh is emptied once its form was taken.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const form = event.detail.requestConfig.elt;
  if (event.detail.xhr.status < 300 && form.matches("form[data-empties]")) form.reset();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close]")) return;
  event.preventDefault();
  close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

function close() {
  const panel = document.getElementById("panel");
  const opened = panel.querySelector("[data-opened]")?.dataset.opened;
  panel.replaceChildren();
  if (location.search) history.replaceState(null, "", "./");
  if (opened) document.getElementById(`open-${opened}`)?.focus();
}

// Trouble is said aloud, and taken back once the sandbox answers again.
let silent = false;

document.addEventListener("htmx:sendError", () => {
  silent = true;
  say("The sandbox does not answer any more.");
});
document.addEventListener("htmx:responseError", (event) => say(`The sandbox refused: ${event.detail.xhr.status}.`));
document.addEventListener("htmx:afterOnLoad", () => {
  shown = searched();
  if (silent) document.getElementById("said").replaceChildren();
  silent = false;
});

function say(sentence) {
  const said = document.createElement("span");
  said.className = "bad";
  said.textContent = sentence;
  document.getElementById("said").replaceChildren(said);
}
