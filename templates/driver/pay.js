// The hand-over page: opens WeChat's cashier by its bridge, or waits for the phone that scanned the code.
(() => {
"use strict";
const page = document.getElementById("pay"), back = page.dataset.back, go = document.getElementById("go");
const said = page.dataset.bridge;
if (said) {
  history.replaceState(null, "", back);
  const open = () => WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(said), (answer) => {
    if (/:ok$/.test(answer.err_msg)) location.replace(back);
    else go.hidden = false;
  });
  const ready = () => {
    go.addEventListener("click", open);
    open();
  };
  if (window.WeixinJSBridge) ready();
  else document.addEventListener("WeixinJSBridgeReady", ready);
} else {
  const look = () => fetch(`${page.dataset.state}`, { cache: "no-store", credentials: "omit" })
    .then((r) => r.json())
    .then((answer) => answer.state !== "pending" && location.replace(back))
    .catch(() => {});
  setInterval(() => document.hidden || look(), 3000);
}
})();
