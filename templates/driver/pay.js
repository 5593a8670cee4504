// The hand-over page, and the fee after a failed way back from WeChat. Opens WeChat's cashier by its bridge, or waits for the phone that scanned the code.
(() => {
"use strict";
const [page, go, title, why, other] = "pay go title why other".split(" ").map((id) => document.getElementById(id));
if (!page) {  // the way back from WeChat failed: its code goes out of the address bar
  history.replaceState(null, "", document.getElementById("ask").action);
  return;
}
const { back, bridge, state } = page.dataset;
if (bridge) {
  history.replaceState(null, "", back);
  const stop = (how) => {
    title.textContent = title.dataset.stopped;
    why.textContent = why.dataset[how];
    why.hidden = go.disabled = false;
    other.hidden = how === "cancel";
    go.hidden = !window.WeixinJSBridge;
  };
  const open = () => {
    go.disabled = true;
    WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(bridge), (answer) => {
      if (/:ok$/.test(answer.err_msg)) location.replace(back);
      else stop(/:cancel$/.test(answer.err_msg) ? "cancel" : "fail");
    });
  };
  // The bridge comes late, and in a browser that only claims to be WeChat's it never does.
  const never = setTimeout(() => stop("fail"), 6000);
  const ready = () => {
    clearTimeout(never);
    if (why.hidden) open();
    else go.hidden = false;
  };
  go.addEventListener("click", open);
  if (window.WeixinJSBridge) ready();
  else document.addEventListener("WeixinJSBridgeReady", ready);
} else {
  const look = () => fetch(state, { cache: "no-store" })
    .then((r) => r.json())
    .then((answer) => answer.state !== "pending" && location.replace(back))
    .catch(() => {});
  setInterval(() => document.hidden || look(), 3000);
}
})();
