"use strict";
(() => {
  const mark = document.getElementById("live-mark");
  const text = document.getElementById("live-text");
  const trouble = document.getElementById("trouble");
  let seen = text.textContent;

  // A section is put in anew as a whole: what somebody has opened, scrolled or focused in it stays so.
  const swap = (id, html) => {
    let section = document.getElementById(id);
    if (!section) {
      section = document.createElement("section");
      section.id = id;
      document.getElementById("main").append(section);
    }
    const open = [...section.querySelectorAll("details")].map((each) => each.open);
    const places = [...section.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
    const focused = [...section.querySelectorAll("a, summary, [tabindex]")].indexOf(document.activeElement);
    section.innerHTML = html;
    section.querySelectorAll("details").forEach((each, number) => { each.open = open[number] ?? each.open; });
    section.querySelectorAll(".scroll").forEach((each, number) => { each.scrollLeft = places[number] ?? 0; });
    if (focused >= 0) section.querySelectorAll("a, summary, [tabindex]")[focused]?.focus({ preventScroll: true });
  };

  const say = (kind, words) => {
    if (mark.className !== kind) mark.className = kind;
    if (text.textContent !== words) text.textContent = words;
  };

  const source = new EventSource("events");
  source.addEventListener("sections", (event) => {
    Object.entries(JSON.parse(event.data)).forEach(([id, html]) => swap(id, html));
  });
  source.addEventListener("beat", (event) => {
    const told = JSON.parse(event.data);
    if (!told.at) return;
    if (!told.trouble) seen = `As of ${told.at}`;
    document.title = told.title;
    trouble.hidden = !told.trouble;
    trouble.textContent = told.trouble && `The store cannot be read now: ${told.trouble} What is shown is older.`;
    say(told.trouble ? "old" : "now", told.trouble ? seen : `Live. ${seen}`);
  });
  source.addEventListener("end", () => {
    source.close();
    say("old", `The watch was ended. ${seen}; the migration goes on without it.`);
  });
  source.onerror = () => say("old", `No connection to migrate-plan watch. ${seen}`);
})();
