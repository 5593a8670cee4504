// On every page of the console: a key for the search, and the counts in the header kept up to date.
// Without it the pages work the same; the counts are then as old as the page.
"use strict";

(() => {
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

  // A link to a form opens it.
  const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) named.open = true;

  // Long work: its part of the page is asked for again until it has ended.
  const follow = async () => {
    const old = document.querySelector("[data-live]");
    if (!old) return;
    const answer = await fetch(old.dataset.live, { redirect: "error" }).catch(() => null);
    if (answer?.status === 200) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".work");
      if (fresh) old.replaceWith(document.importNode(fresh, true));
    }
    setTimeout(follow, document.hidden ? 10000 : 1500);
  };
  setTimeout(follow, 1000);

  const waiting = document.querySelector("[data-poll]");
  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch(waiting.dataset.poll, { redirect: "error" });
    if (!answer.ok) return;
    const { tasks, red } = await answer.json();
    const count = waiting.querySelector("[data-tasks]");
    if (count && tasks !== null) {
      count.textContent = tasks;
      count.classList.toggle("none", tasks === 0);
    }
    const health = waiting.querySelector("[data-health]");
    if (health) health.className = red ? "red" : "green";
  };
  if (waiting) setInterval(() => refresh().catch(() => {}), 30000);
})();
