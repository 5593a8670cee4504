// The booth's screen: polls its lanes, counts how long a car waits, and speaks when it is too long.
// Without it the page reloads by itself.
"use strict";

(() => {
  const lanes = document.getElementById("lanes");
  const disconnected = document.getElementById("disconnected");
  const voice = document.getElementById("voice");
  const POLL = 3000;
  const TOO_LONG = [60, 180, 300]; // seconds after which a waiting car is spoken of
  const spoken = new Map();
  const leaving = document.getElementById("leaving"); // shown by console.js
  let speaks = voice.getAttribute("aria-pressed") === "true"; // the session keeps it over page loads
  let isWarned = false;
  const ahead = Date.now() - new Date(lanes.querySelector(".lanes").dataset.now); // clocks of booths are often wrong

  // Also where one looks elsewhere for a moment: half a reason is not thrown away.
  const isChanged = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  const isInUse = (section) => section.querySelector("details[open]") !== null && (
    section.contains(document.activeElement) || [...section.querySelectorAll("details[open] input")].some(isChanged)
  );

  // Put fresh parts of the page in place of old ones; the keyboard stays where it was, if that is still there.
  const renew = (old, fresh) => {
    const held = old.contains(document.activeElement) ? document.activeElement.closest(".offer, .call, .lane") : null;
    old.replaceWith(document.importNode(fresh, true));
    if (!held) return;
    const now = document.getElementById(held.id) ?? document.getElementById(old.id);
    now?.querySelector(held.matches(".call") ? "button" : "summary, .offers summary")?.focus({ preventScroll: true });
  };

  // A form that someone is filling in stays; its act names the car, so it cannot hit another one.
  const replace = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".lanes");
    const old = lanes.querySelector(".lanes");
    let kept = false;
    for (const section of fresh.querySelectorAll(".lane")) {
      const shown = document.getElementById(section.id);
      if (!shown || shown.dataset.key === section.dataset.key) continue;
      if (isInUse(shown)) {
        shown.querySelector(".stale").hidden = false;
        kept = true;
      } else {
        renew(shown, section);
      }
    }
    const calls = fresh.querySelector(".calls");
    for (const called of calls.children) {
      if (speaks && !document.getElementById(called.id)) say(called.dataset.say);
    }
    renew(old.querySelector(".calls"), calls);
    if (fresh.children.length !== old.children.length) renew(old, fresh);
    else if (!kept) old.dataset.state = fresh.dataset.state;
    ready();
  };

  const poll = async () => {
    if (document.hidden && !speaks) return;
    const address = `${lanes.dataset.poll}?state=${lanes.querySelector(".lanes").dataset.state}`;
    const answer = await fetch(address);
    if (answer.redirected) return; // signed out: console.js tells
    disconnected.hidden = answer.ok;
    if (answer.status === 200) replace(await answer.text());
  };

  const say = (text) => {
    const words = new SpeechSynthesisUtterance(text);
    words.lang = document.documentElement.lang.startsWith("en") ? "en" : "zh-CN";
    words.onerror = ({ error }) => { if (error === "not-allowed") show(false); }; // until the page is touched
    speechSynthesis.speak(words);
  };

  const show = (isOn) => {
    speaks = isOn;
    voice.setAttribute("aria-pressed", String(isOn));
  };

  const keep = () => {
    const body = new URLSearchParams({ csrfmiddlewaretoken: document.querySelector('[name="csrfmiddlewaretoken"]').value });
    if (speaks) body.set("on", "1");
    return fetch(voice.dataset.keep, { method: "POST", body });
  };

  const dueWarnings = (section) => {
    const seconds = (Date.now() - ahead - new Date(section.dataset.since)) / 1000;
    return TOO_LONG.filter((limit) => seconds >= limit).length;
  };

  const idOf = (section) => `${section.id} ${section.dataset.since}`;

  const tick = () => {
    if (speaks && !leaving.hidden && !isWarned) say(leaving.dataset.say);
    isWarned = !leaving.hidden;
    for (const section of document.querySelectorAll(".lane[data-since]")) {
      const seconds = Math.max(0, Math.round((Date.now() - ahead - new Date(section.dataset.since)) / 1000));
      const elapsed = section.querySelector(".elapsed");
      elapsed.textContent = `${elapsed.dataset.word} ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      section.classList.toggle("late", seconds >= TOO_LONG[0]);
      const due = dueWarnings(section);
      const id = idOf(section);
      if (speaks && due > (spoken.get(id) ?? 0)) say(section.dataset.say);
      if (speaks) spoken.set(id, due);
    }
  };

  const ready = () => {
    for (const field of lanes.querySelectorAll('input[name="reason"]')) field.setAttribute("list", "reasons");
    tick();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select, textarea")) return;
    const section = /^[1-9]$/.test(event.key) && lanes.querySelectorAll(".lane")[Number(event.key) - 1];
    if (section) {
      section.scrollIntoView({ block: "nearest" });
      (section.querySelector(".offers summary") ?? section.querySelector("a"))?.focus();
    }
  });

  if ("speechSynthesis" in window) {
    voice.hidden = false;
    voice.addEventListener("click", () => {
      show(!speaks);
      if (speaks) tick();
      else speechSynthesis.cancel();
      keep().catch(() => {});
    });
    // After an act the page loads again: what it has spoken of is not repeated.
    if (speaks && location.hash === "#again") {
      for (const section of document.querySelectorAll(".lane[data-since]")) spoken.set(idOf(section), dueWarnings(section));
    }
  } else {
    speaks = false;
  }
  ready();
  setInterval(tick, 1000);
  setInterval(() => poll().catch(() => { disconnected.hidden = false; }), POLL);
})();
