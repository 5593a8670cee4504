// On every page of the console: a key for the search, and the counts in the header kept up to date.
// Without it the pages work the same; the counts are then as old as the page.
"use strict";

(() => {
  const script = document.currentScript;
  const main = document.getElementById("main");
  const find = document.getElementById("find");
  const typing = (element) => element.matches("input, select, textarea, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !typing(event.target);
    const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (!find || (!slash && !k)) return;
    event.preventDefault();
    find.focus();
    find.select();
  });

  // A search that takes several lines is sent by Enter, as one of a single line is.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-enter]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // A link to a form opens it.
  const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) named.open = true;

  // The answer to a form is where one goes on: its first fault, what was done, or the page that it made.
  const answer = document.querySelector('main [aria-invalid="true"]')
    ?? document.querySelector('main .offer[open] > form > [role="alert"], main > .banner[role]')
    ?? document.querySelector('main > .notice[role]')
    ?? ("sent" in script.dataset ? document.querySelector('main [role="alert"]') ?? document.querySelector("main h1") : null);
  const land = () => {
    if (!answer?.isConnected || main.contains(document.activeElement)) return;
    if (!typing(answer)) answer.tabIndex = -1;
    answer.focus();
  };
  land();
  addEventListener("pageshow", land); // a part that the address names takes the focus away, later

  // Who types another amount means it, not the share chosen before; who then chooses a share means that.
  document.addEventListener("input", ({ target }) => {
    const of = (selector) => target.form.querySelector(selector);
    const other = target.name === "amount" && of('[name="share"][value="other"]');
    if (other) other.checked = true;
    if (target.name === "share" && target.value !== "other") of('[name="amount"]').value = "";
  });

  // A double click sends a form once: its second answer, which one would see, is about a form done already.
  // It listens after all others, as they may hold a form back. Where a file comes, the page stays.
  const AGAIN = 3000;
  const sentAt = new WeakMap();
  const sendOnce = (event) => {
    const { target: form } = event;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (Date.now() - (sentAt.get(form) ?? -AGAIN) < AGAIN) event.preventDefault();
    else sentAt.set(form, Date.now());
  };
  addEventListener("submit", sendOnce);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) for (const form of document.forms) sentAt.delete(form);
  });

  // The way back to a page that a form made would ask to send that form again. Once left, it is its address.
  if ("sent" in script.dataset) {
    const forget = () => history.replaceState(null, "", location.href);
    addEventListener("submit", ({ defaultPrevented }) => { if (!defaultPrevented) forget(); });
    addEventListener("click", ({ target }) => { if (target.closest("a[href]")) forget(); });
  }

  // Esc closes the form that one is in.
  document.addEventListener("keydown", ({ key }) => {
    const open = key === "Escape" && document.activeElement.closest(".offer[open], .help[open], .lane details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // On a phone the list comes first: its filter is folded, unless something in it is wrong.
  if (matchMedia("(max-width: 40rem)").matches) {
    for (const fold of document.querySelectorAll(".fold")) fold.open = fold.querySelector(".error") !== null;
  }

  // Long work: its part of the page is asked for again until it has ended.
  const follow = async () => {
    const old = document.querySelector(".work[data-live]");
    if (!old) return;
    const answer = await fetch(old.dataset.live, { redirect: "error" }).catch(() => null);
    if (answer?.status === 200) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".work");
      if (fresh) old.replaceWith(document.importNode(fresh, true));
    }
    setTimeout(follow, document.hidden ? 10000 : 1500);
  };
  setTimeout(follow, 1000);

  // A page that follows what happens: its content is fetched again, except while someone types in it.
  const renew = async () => {
    const held = main.contains(document.activeElement) ? document.activeElement : null;
    if (document.hidden || held?.matches("input, select, textarea")) return;
    const answer = await fetch(location.href);
    if (answer.redirected) location.reload(); // signed out
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
    const open = [...main.querySelectorAll("details")].map((each) => each.open);
    const place = [...main.querySelectorAll("a, button, summary")].indexOf(held);
    main.replaceChildren(...document.importNode(fresh, true).childNodes);
    main.querySelectorAll("details").forEach((each, number) => { each.open = open[number] ?? each.open; });
    main.querySelectorAll("a, button, summary")[place]?.focus({ preventScroll: true });
    main.dataset.refresh = fresh.dataset.refresh ?? "";
  };
  const repeat = () => {
    const seconds = Number(main.dataset.refresh);
    if (seconds) setTimeout(() => renew().catch(() => {}).finally(repeat), seconds * 1000);
  };
  repeat();

  // The counts in the header. The same question tells whether one is still signed in; if not, forms wait,
  // so that nothing typed is lost. After a sign-in in another tab they take over its token.
  const { alive } = script.dataset;
  const signedOut = document.getElementById("signed-out");
  const leaving = document.getElementById("leaving");
  const ending = document.getElementById("ending");
  const offline = document.getElementById("offline");
  const EVERY = 30000;
  const PATIENCE = 10000; // milliseconds until a server counts as out of reach
  const SURE = 10000; // milliseconds for which an answer proves that there is one
  const WARN = 60; // seconds before the end
  const WARN_OF_SHIFT = 600;
  let askedAt = Date.now();
  let acted = false; // a person did something since: asked by POST, which counts as activity
  let idleEnds = Infinity;

  const unreachable = new Error();
  const reach = (options) => (
    fetch(alive, { ...options, signal: AbortSignal.timeout(PATIENCE) }).catch(() => { throw unreachable; })
  );
  const send = () => {
    if (!acted) return reach();
    acted = false;
    const body = new URLSearchParams({ csrfmiddlewaretoken: document.querySelector('[name="csrfmiddlewaretoken"]').value });
    return reach({ method: "POST", body });
  };

  // Returns whether one is still signed in.
  const ask = async () => {
    let answer = await send();
    if (answer.status === 403) { // the token is from before a sign-in in another tab
      answer = await reach();
      acted = true;
    }
    askedAt = Date.now();
    offline.hidden = true;
    signedOut.hidden = !answer.redirected;
    if (answer.redirected) leaving.hidden = ending.hidden = true;
    if (answer.redirected || !answer.ok) return !answer.redirected;
    const { tasks, red, token, idle, whole } = await answer.json();
    idleEnds = Date.now() + idle * 1000;
    leaving.hidden = idle > WARN;
    ending.hidden = whole > WARN_OF_SHIFT;
    ending.querySelector("b").textContent = Math.max(1, Math.round(whole / 60));
    for (const field of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) field.value = token;
    const count = document.querySelector("[data-tasks]");
    if (count && tasks !== null) {
      count.textContent = tasks;
      count.classList.toggle("none", tasks === 0);
    }
    const health = document.querySelector("[data-health]");
    if (health) health.className = red ? "red" : "green";
    return true;
  };
  if (!signedOut) return;
  const look = () => ask().catch(() => {});
  setInterval(() => { if (!document.hidden) look(); }, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (!signedOut.hidden || Date.now() - askedAt > EVERY)) look();
  });

  // Who works on one screen is not signed out of it; who does nothing is warned.
  const act = ({ isTrusted }) => {
    if (!isTrusted || !signedOut.hidden) return;
    acted = true;
    if (!leaving.hidden) look();
  };
  for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, act, { passive: true });
  leaving.querySelector("button").addEventListener("click", act);
  setInterval(() => {
    const left = Math.ceil((idleEnds - Date.now()) / 1000);
    if (left > WARN || !signedOut.hidden) return;
    leaving.hidden = false;
    leaving.querySelector("b").textContent = Math.max(0, left);
    if (left > 0 || document.hidden) return;
    idleEnds = Infinity;
    look();
  }, 1000);
  // Whether the server answers is asked before a form is sent: a browser calls itself on line wherever there is
  // a network, also one that leads nowhere, and would put its own page in place of what was typed.
  let answeredFor = null;
  addEventListener("online", () => { offline.hidden = true; });
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    const age = Date.now() - askedAt;
    const isSure = form === answeredFor || (signedOut.hidden && offline.hidden && navigator.onLine && age < SURE);
    if (form.method !== "post" || event.defaultPrevented || isSure) return;
    event.preventDefault();
    const isFresh = signedOut.hidden && age < 2 * EVERY;
    form.ariaBusy = "true";
    // Its own answer counts: an older question may be answered meanwhile.
    let isCut = false;
    const isSignedIn = await ask().catch((fault) => {
      isCut = fault === unreachable;
      return signedOut.hidden;
    });
    form.ariaBusy = null;
    offline.hidden = !isCut;
    if (isCut) offline.scrollIntoView();
    else if (isSignedIn || isFresh) {
      answeredFor = form;
      form.requestSubmit(submitter);
      answeredFor = null;
    }
    else signedOut.scrollIntoView();
  });
})();
