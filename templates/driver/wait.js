// The page of a payment. Pending: ask every 2 s for half a minute, then every 5 s, for five minutes. Paid: count down.
(() => {
"use strict";
const [late, on, left] = "late on left".split(" ").map((id) => document.getElementById(id));
const start = Date.now();
if (left) {
  const clock = left.querySelector("b"), end = start + 1000 * left.dataset.s;
  const tick = () => {
    const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (!seconds) location.reload();
    else setTimeout(tick, 1000);
  };
  left.hidden = false;
  tick();
  return;
}
const state = location.pathname.split("/").slice(0, 3).join("/") + "/state";
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
timer = setTimeout(look, 1000);
// Whoever comes back without having paid goes on from here; who has paid is sent on by then.
setTimeout(() => { on.hidden = false; }, 3000);
})();
