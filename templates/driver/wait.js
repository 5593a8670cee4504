// The waiting page: ask every 2 s for half a minute, then every 5 s, for five minutes.
(() => {
"use strict";
const late = document.getElementById("late");
const state = location.pathname.split("/").slice(0, 3).join("/") + "/state";
const start = Date.now();
let timer;
const look = () => {
  clearTimeout(timer);
  fetch(state, { cache: "no-store", credentials: "omit" })
    .then((r) => r.json())
    .then((answer) => answer.state !== "pending" && location.reload())
    .catch(() => {})
    .then(() => {
      const age = Date.now() - start;
      if (age > 30000) late.hidden = false;
      if (age < 300000) timer = setTimeout(look, age < 30000 ? 2000 : 5000);
    });
};
document.addEventListener("visibilitychange", () => document.hidden || look());
addEventListener("pageshow", (e) => e.persisted && location.reload());
timer = setTimeout(look, 1500);
})();
