// Runs in each frame before the page's own scripts: tells what the page asks of the browser and of the app around it.
// What it uses is taken first, so that a page which replaces it does not silence it; the messenger is taken away.
((name, bridge) => {
  "use strict";
  const send = window[name], stringify = JSON.stringify, E = Error, apply = Reflect.apply;
  try { delete window[name]; } catch (e) { /* stays */ }
  if (!send || window.__pure_hooked) return;
  Object.defineProperty(window, "__pure_hooked", { value: true });
  const test = RegExp.prototype.test, split = String.prototype.split, seen = new Set(), has = Set.prototype.has, add = Set.prototype.add;
  let left = 300;
  const by = () => {
    const lines = apply(split, new E().stack || "", ["\n"]);
    for (let i = 3; i < lines.length; i++) {
      const at = /(https?:\/\/[^\s)]+?)(?::\d+)?(?::\d+)?\)?$/.exec(lines[i]);
      if (at) return at[1];
    }
    return "";
  };
  const tell = (what, detail) => {
    const from = by(), key = what + "\n" + (detail || "") + "\n" + from;
    if (left <= 0 || apply(has, seen, [key])) return;
    apply(add, seen, [key]);
    left--;
    try { send(stringify({ name: what, detail: String(detail || "").slice(0, 200), by: from })); } catch (e) { /* gone */ }
  };
  const wrap = (owner, method, what, when) => {
    const own = owner && owner[method];
    if (typeof own !== "function") return;
    owner[method] = function (...args) {
      const detail = when ? when(this, args) : "";
      if (detail !== false) tell(what, detail);
      return apply(own, this, args);
    };
  };
  const deny = (owner, method, what) => {
    if (owner && owner[method]) owner[method] = function () { tell(what); return Promise.reject(new DOMException("denied", "NotAllowedError")); };
  };
  if (self.Geolocation) for (const m of ["getCurrentPosition", "watchPosition"])
    Geolocation.prototype[m] = function (ok, bad) { tell("geolocation"); if (bad) setTimeout(() => bad({ code: 1 }), 0); };
  deny(self.MediaDevices && MediaDevices.prototype, "getUserMedia", "camera");
  deny(self.Clipboard && Clipboard.prototype, "readText", "clipboard");
  deny(self.Clipboard && Clipboard.prototype, "read", "clipboard");
  deny(self.Bluetooth && Bluetooth.prototype, "requestDevice", "bluetooth");
  if (self.Notification) Notification.requestPermission = () => { tell("notification"); return Promise.resolve("denied"); };
  deny(self.ContactsManager && ContactsManager.prototype, "select", "contacts");
  if (self.HTMLCanvasElement) {
    const large = (c) => c.width >= 16 && c.height >= 16 ? c.width + "x" + c.height : false;
    wrap(HTMLCanvasElement.prototype, "toDataURL", "canvas", (self) => large(self));
    wrap(HTMLCanvasElement.prototype, "toBlob", "canvas", (self) => large(self));
    wrap(CanvasRenderingContext2D.prototype, "getImageData", "canvas", (self) => large(self.canvas));
  }
  if (self.OfflineAudioContext) wrap(OfflineAudioContext.prototype, "startRendering", "audio");
  const watched = /^(?:mousemove|pointermove|touchmove|scroll|keydown|keyup|input|click|deviceorientation|devicemotion)$/;
  wrap(EventTarget.prototype, "addEventListener", "listen", (self, args) => {
    if (/^device(?:orientation|motion)$/.test(args[0])) { tell("sensors", args[0]); return false; }
    const wide = self === window || self === document || self === document.documentElement || self === document.body;
    return wide && apply(test, watched, [args[0]]) ? String(args[0]) : false;
  });
  for (const m of ["setItem"]) wrap(Storage.prototype, m, "storage", (self, args) => {
    let where = "sessionStorage";
    try { if (self === localStorage) where = "localStorage"; } catch (e) { /* opaque */ }
    return where + " " + args[0];
  });
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  if (cookie) Object.defineProperty(Document.prototype, "cookie", {
    configurable: true,
    get() { return apply(cookie.get, this, []); },
    set(value) { tell("cookie", String(value).split("=")[0]); apply(cookie.set, this, [value]); },
  });
  wrap(self.ServiceWorkerContainer && ServiceWorkerContainer.prototype, "register", "worker");
  let dialogs = 0;
  for (const m of ["alert", "confirm", "prompt"]) window[m] = (text) => {
    tell("dialog", text);
    if (++dialogs > 5) throw new E("no more dialogs");
    return m === "confirm" ? true : m === "prompt" ? "" : undefined;
  };
  wrap(self.HTMLDialogElement && HTMLDialogElement.prototype, "showModal", "modal");
  window.open = (url) => {
    let whole = "";
    try { whole = new URL(url || "about:blank", location.href).href; } catch (e) { /* no address */ }
    tell("popup", whole);
    return null;
  };
  // The app around the page: answers as an app does that is asked by a page it does not know.
  const asked = (what, args, done) => { tell(what, stringify(args || {}).slice(0, 200)); if (typeof done === "function") setTimeout(done, 0); };
  if (bridge === "wechat") {
    const call = (what, args, done) => asked("bridge:" + what, args, () => done && done({ err_msg: what + ":cancel" }));
    window.WeixinJSBridge = { invoke: call, call: (what) => call(what), on() {} };
    setTimeout(() => document.dispatchEvent(new Event("WeixinJSBridgeReady")), 0);
    const refuse = (what) => (o) => { tell(what); if (o && o.fail) setTimeout(() => o.fail({ errMsg: what + ":fail" }), 0); };
    window.wx = new Proxy({ config() {}, ready(f) { setTimeout(f, 0); }, error() {}, checkJsApi() {} },
      { get: (own, what) => own[what] || (typeof what === "string" ? refuse(what) : undefined), set: () => true });
  } else if (bridge === "alipay") {
    const call = (what, args, done) => {
      if (typeof args === "function") { done = args; args = {}; }
      asked("bridge:" + what, args, () => done && done({ resultCode: "6001", error: 4 }));
    };
    window.AlipayJSBridge = { call };
    window.ap = window.my = new Proxy({}, { get: (_, what) => (o, done) => call(String(what), o, done || (o && o.fail)) });
    setTimeout(() => document.dispatchEvent(new Event("AlipayJSBridgeReady")), 0);
  }
})
