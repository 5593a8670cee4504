// Runs in each document before the page's own scripts. Nothing of it can be found from the page: the collector
// lives in a lexical binding with a random name (KEY), which no property and no enumeration shows, and it is
// called from the conditions of breakpoints on the browser's own, unchanged functions. `debug` sets them: the
// debugger lends it to this script and to no other.
const KEY = ((binding, bridge, extent) => {
  "use strict";
  const send = window[binding], stringify = JSON.stringify, E = Error, own = Object.getOwnPropertyDescriptor;
  const exec = Function.prototype.call.bind(RegExp.prototype.exec), split = Function.prototype.call.bind(String.prototype.split);
  const join = Function.prototype.call.bind(Array.prototype.join), slice = Function.prototype.call.bind(String.prototype.slice), text = String, seen = Object.create(null);
  const win = window, doc = document, root = () => doc.documentElement, later = window.setTimeout.bind(window);
  delete window[binding];
  if (!send || win.location.protocol === "chrome-error:") return () => false;  // Chromium's own page of an error
  // In a page without any script nothing calls what is observed, and setting the breakpoints takes a third of a second.
  const [arrival] = win === win.top ? performance.getEntriesByType("navigation") : [];
  if (arrival && arrival.serverTiming.some((t) => t.name === "UNSCRIPTED")) return () => false;
  let left = 400, measured = 0, checked = 0, widths = 0, codecs = 0, features = 0;
  const families = new Set(), queries = new Set(), getComputedStyle = win.getComputedStyle.bind(win);
  const caller = () => {
    if (own(E, "prepareStackTrace")) return "";  // the page would be called
    const lines = split(new E().stack || "", "\n");
    for (let i = 1; i < lines.length; i++) {
      const at = exec(/(https?:\/\/[^\s)]+?)(?::\d+)?(?::\d+)?\)?$/, lines[i]);
      if (at) return at[1];
    }
    return "";
  };
  const tell = (name, detail) => {
    const from = caller(), key = name + "\n" + detail + "\n" + from;
    if (left <= 0 || seen[key]) return;
    seen[key] = true;
    if (--left === 0) { name = "flood"; detail = ""; }
    try { send(stringify({ name, detail: slice(text(detail === undefined ? "" : detail), 0, 300), by: from })); } catch (e) { /* the page is going */ }
  };
  const WATCHED = /^(?:mousemove|pointermove|touchmove|touchstart|touchend|pointerdown|scroll|keydown|keyup|keypress|input|change|click|wheel|visibilitychange|popstate|hashchange|blur|focus|pagehide|pageshow|online|offline|resize|orientationchange)$/;
  const wide = (t) => t === win || t === doc || t === root() || t === doc.body || t === undefined || t === null;
  const large = (c) => c && c.width >= 16 && c.height >= 16;
  const rules = {
    canvas: (self) => large(self.canvas || self) ? self.width + "x" + self.height : false,
    webgl: (self, a) => a[0] === 37445 || a[0] === 37446 ? "renderer" : false,
    pixels: () => "readPixels",
    fonts: () => ++measured === 50 ? "measureText" : false,
    fontwidth: (self) => { if (families.size >= 20 || ++widths > 600) return false; families.add(getComputedStyle(self).fontFamily); return families.size === 20 ? "offsetWidth" : false; },
    fontcheck: () => ++checked === 8 ? "check" : false,
    queries: (self, a) => { for (const f of split(text(a[0]), "(")) if (f) queries.add(split(f, ":")[0]); return queries.size === 12 ? "matchMedia" : false; },
    drawn: (self, a) => a[0],
    listen: (self, a) => {
      if (/^device(?:orientation|motion)/.test(a[0])) { tell("sensors", a[0]); return false; }
      if (!wide(self)) { if (/^key(?:down|up)$/.test(a[0])) tell("keys", a[0]); return false; }
      return WATCHED.test(a[0]) ? a[0] : false;
    },
    observe: (self, a) => wide(a[0]) && a[1] && a[1].subtree ? "document" : false,
    copy: (self, a) => /^(?:copy|cut)$/i.test(a[0]) ? a[0] : false,
    storage: (self, a) => { let where = "sessionStorage"; try { if (self === win.localStorage) where = "localStorage"; } catch (e) { /* opaque origin */ } return where + " " + a[0]; },
    cookie: (self, a) => split(text(a[0]), "=")[0],
    credentials: (self, a) => a[0] && a[0].otp ? "otp" : a[0] && a[0].publicKey ? "passkey" : "credentials",
    payer: (self, a) => a[2] && ["Name", "Phone", "Email"].filter((p) => a[2]["requestPayer" + p]).length ? "requestPayer" : false,
    shadow: (self, a) => a[0] && a[0].mode === "closed" ? "closed" : false,
    popup: (self, a) => { if (exec(/^_(?:self|top|parent)$/i, text(a[1] || ""))) return false; try { return new URL(text(a[0] || "about:blank"), win.location.href).href; } catch (e) { return ""; } },
    connect: (self, a) => text(a[0]),
    codecs: () => ++codecs === 8 ? "canPlayType" : false,
    features: () => ++features === 30 ? "supports" : false,
    // The script of a worker, which no breakpoint reaches: it paints, and reads back what it painted.
    threaded: (self, a) => !!exec(/OffscreenCanvas[^]*(?:convertToBlob|getImageData|readPixels|3744[56]|UNMASKED)/, join(a[0] || [], "")) && "OffscreenCanvas",
    spoken: (self, a) => a[0] && a[0].text,
    timer: (self, a) => a[1] >= 2500 && a[1] <= 20000 ? Math.round(a[1]) : false,
    play: (self) => self.currentSrc || self.src || "media",
    permission: (self, a) => a[0] && "permission " + a[0].name,
    push: (self, a) => a[2] === undefined || a[2] === null ? "same" : text(a[2]),
    download: (self) => self.hasAttribute("download") || /\.apk(?:$|\?)/i.test(self.href) ? self.href : false,
  };
  const collect = (name, kind, self, args) => {
    try {
      const detail = rules[kind] ? rules[kind](self, args, name) : kind;
      if (detail !== false) tell(name, detail);
    } catch (e) { /* an odd argument is none of ours */ }
    return false;
  };
  // Each breakpoint takes time. So what a page reaches through one property alone is observed once that is read;
  // while nothing is recorded, only what tells how the page must be read is, and after the payment only what the
  // page asks of the phone.
  const OF_PHONE = /^(?:navigator|geolocation|camera|clipboard(?:-write)?|bluetooth|notification|contacts|credentials|requestPayer|sensors|battery|idle|listen)$/;
  const observed = (name, kind) => extent === "all" || kind === "shadow" || (extent === "phone" && !!exec(OF_PHONE, name));
  const stop = debug, lift = undebug, held = { navigator: [], screen: [], canvas: [] }, gates = { navigator: [], screen: [], canvas: [] };
  let gate = "";  // behind which lies what is added next
  const set = (name, kind, fn) => stop(fn, `KEY(${stringify(name)},${stringify(kind)},this,arguments)`);
  const add = (name, kind, fn) => {
    if (typeof fn !== "function" || !observed(name, kind)) return;
    if (gate) { held[gate].push([name, kind, fn]); return; }
    if (kind === "gate") gates[name].push(fn);
    set(name, kind, fn);
  };
  const open = (name) => {
    const rows = held[name], fns = gates[name];
    held[name] = gates[name] = [];
    for (let i = 0; i < rows.length; i++) set(rows[i][0], rows[i][1], rows[i][2]);
    for (let i = 0; i < fns.length; i++) lift(fns[i]);  // a page may read it in a loop
    return false;
  };
  rules.gate = (self, a, name) => open(name);
  rules.screens = () => { open("screen"); return "screens"; };
  const method = (name, kind, type, ...methods) => { const p = type && type.prototype; if (p) for (const m of methods) { const d = own(p, m); d && add(name, kind, d.value); } };
  const setter = (name, kind, o, p) => { const d = o && own(o, p); d && add(name, kind, d.set); };
  const getter = (name, kind, o, p) => { const d = o && own(o, p); d && add(name, kind, d.get); };
  method("canvas", "canvas", self.HTMLCanvasElement, "toDataURL", "toBlob");
  method("canvas", "gate", self.HTMLCanvasElement, "getContext", "transferControlToOffscreen");
  add("canvas", "gate", self.OffscreenCanvas);
  gate = "canvas";
  method("canvas", "canvas", self.CanvasRenderingContext2D, "getImageData");
  method("canvas", "canvas", self.OffscreenCanvas, "convertToBlob");
  method("canvas", "canvas", self.OffscreenCanvasRenderingContext2D, "getImageData");
  method("drawn", "drawn", self.CanvasRenderingContext2D, "fillText");
  method("fonts", "fonts", self.CanvasRenderingContext2D, "measureText");
  for (const gl of [self.WebGLRenderingContext, self.WebGL2RenderingContext]) { method("webgl", "webgl", gl, "getParameter"); method("webgl", "pixels", gl, "readPixels"); method("webgl", "precision", gl, "getShaderPrecisionFormat", "getSupportedExtensions"); }
  gate = "";
  getter("screen", "gate", win, "screen");
  gate = "screen";
  for (const p of ["colorDepth", "pixelDepth", "availTop", "availLeft", "availWidth", "availHeight", "orientation"]) getter("property", p, Screen.prototype, p);
  gate = "";
  for (const p of ["navigator", "clientInformation"]) getter("navigator", "gate", win, p);
  gate = "navigator";
  method("hints", "hints", self.NavigatorUAData, "getHighEntropyValues");
  for (const p of ["plugins", "mimeTypes", "hardwareConcurrency", "deviceMemory", "connection", "doNotTrack", "productSub", "vendorSub", "webdriver", "maxTouchPoints", "languages", "userAgentData", "platform", "vendor"]) getter("property", p, Navigator.prototype, p);
  method("property", "devices", self.MediaDevices, "enumerateDevices");
  method("property", "storage", self.StorageManager, "estimate");
  method("property", "layout", self.Keyboard, "getLayoutMap");
  method("property", "gamepads", self.Navigator, "getGamepads");
  method("queries", "keysystem", self.Navigator, "requestMediaKeySystemAccess");
  method("apps", "protocol", self.Navigator, "registerProtocolHandler");
  method("apps", "apps", self.Navigator, "getInstalledRelatedApps");
  method("battery", "battery", self.Navigator, "getBattery");
  method("geolocation", "position", self.Geolocation, "getCurrentPosition", "watchPosition");
  method("camera", "media", self.MediaDevices, "getUserMedia", "getDisplayMedia");
  method("clipboard", "read", self.Clipboard, "read", "readText");
  method("clipboard-write", "write", self.Clipboard, "write", "writeText");
  for (const device of [self.Bluetooth, self.USB, self.HID]) method("bluetooth", "device", device, "requestDevice", "getDevices");
  method("bluetooth", "serial", self.Serial, "requestPort");
  method("bluetooth", "midi", self.Navigator, "requestMIDIAccess");
  method("notification", "push", self.PushManager, "subscribe");
  method("contacts", "select", self.ContactsManager, "select");
  method("credentials", "credentials", self.CredentialsContainer, "get", "create");
  method("worker", "worker", self.ServiceWorkerContainer, "register");
  method("files", "files", self.StorageManager, "getDirectory");
  method("share", "share", self.Navigator, "share");
  method("lock", "wake", self.WakeLock, "request");
  method("background", "sync", self.SyncManager, "register");
  method("background", "periodic", self.PeriodicSyncManager, "register");
  method("background", "fetch", self.BackgroundFetchManager, "fetch");
  method("persist", "persist", self.StorageManager, "persist");
  method("notification", "badge", self.Navigator, "setAppBadge");
  method("adverts", "auction", self.Navigator, "joinAdInterestGroup", "runAdAuction");
  method("property", "permission", self.Permissions, "query");
  gate = "";
  add("canvas", "threaded", self.Blob);
  method("fonts", "fontcheck", self.FontFaceSet, "check");
  for (const p of ["offsetWidth", "offsetHeight"]) getter("fonts", "fontwidth", HTMLElement.prototype, p);
  add("fonts", "local", self.queryLocalFonts);
  add("queries", "queries", self.matchMedia);
  method("audio", "render", self.OfflineAudioContext, "startRendering");
  method("audio", "analyse", self.AnalyserNode, "getFloatFrequencyData", "getByteFrequencyData", "getFloatTimeDomainData");
  method("audio", "compress", self.BaseAudioContext, "createDynamicsCompressor");
  add("rtc", "connection", self.RTCPeerConnection);
  if (self.Intl) method("property", "timezone", Intl.DateTimeFormat, "resolvedOptions");
  method("property", "voices", self.SpeechSynthesis, "getVoices");
  method("queries", "codecs", self.HTMLMediaElement, "canPlayType");
  if (self.MediaSource) add("queries", "codecs", MediaSource.isTypeSupported);
  if (self.CSS) add("queries", "features", CSS.supports);
  method("spoken", "spoken", self.SpeechSynthesis, "speak");
  method("camera", "speech", self.SpeechRecognition || self.webkitSpeechRecognition, "start");
  method("clipboard-write", "copy", self.Document, "execCommand");
  method("bluetooth", "nfc", self.NDEFReader, "scan");
  if (self.Notification) add("notification", "permission", Notification.requestPermission);
  add("requestPayer", "payer", self.PaymentRequest);
  method("sensors", "start", self.Sensor, "start");
  for (const sensor of [self.DeviceMotionEvent, self.DeviceOrientationEvent]) if (sensor) add("sensors", "permission", sensor.requestPermission);
  if (self.IdleDetector) { add("idle", "permission", IdleDetector.requestPermission); method("idle", "start", IdleDetector, "start"); }
  add("screens", "screens", self.getScreenDetails);
  for (const pick of [self.showOpenFilePicker, self.showDirectoryPicker, self.showSaveFilePicker]) add("pick", "pick", pick);
  for (const p of ["ondevicemotion", "ondeviceorientation", "ondeviceorientationabsolute"]) setter("sensors", p, win, p);
  method("listen", "listen", self.EventTarget, "addEventListener");
  for (const p of ["mousemove", "touchmove", "touchstart", "scroll", "keydown", "keyup", "input", "click", "popstate", "hashchange"]) { setter("listen", p, win, "on" + p); setter("listen", p, Document.prototype, "on" + p); }
  method("observe", "observe", self.MutationObserver, "observe");
  method("storage", "storage", self.Storage, "setItem");
  setter("cookie", "cookie", Document.prototype, "cookie");
  method("shadow", "shadow", self.Element, "attachShadow");
  method("push", "push", self.History, "pushState");
  method("download", "download", self.HTMLElement, "click");
  add("popup", "popup", win.open);
  method("install", "install", self.BeforeInstallPromptEvent, "prompt");
  method("fullscreen", "fullscreen", self.Element, "requestFullscreen", "webkitRequestFullscreen");
  method("lock", "pointer", self.Element, "requestPointerLock");
  method("persist", "access", self.Document, "requestStorageAccess", "requestStorageAccessFor");
  method("adverts", "topics", self.Document, "browsingTopics");
  method("play", "play", self.HTMLMediaElement, "play");
  add("timer", "timer", win.setTimeout);
  add("timer", "timer", win.setInterval);
  add("transport", "connect", self.WebTransport);
  // Apps report that they are ready once the page has been read.
  const arrived = (event) => { const fire = () => later(() => doc.dispatchEvent(new Event(event)), 0); doc.readyState === "loading" ? doc.addEventListener("DOMContentLoaded", fire) : fire(); };
  // The app around the page. Real apps put these objects into the page too, so they may be seen.
  const answer = (what, args, done) => { let given = ""; try { given = stringify(args || {}); } catch (e) { /* circular */ } tell("bridge:" + what, given); if (typeof done === "function") later(done, 0); };
  if (bridge === "wechat") {
    const call = (what, args, done) => answer(what, args, () => done && done({ err_msg: what + ":cancel" }));
    win.WeixinJSBridge = { invoke: call, call: (what) => call(what), on() {} };
    arrived("WeixinJSBridgeReady");
    const refuse = (what) => new Proxy((o) => { answer(what, o); if (o && o.fail) later(() => o.fail({ errMsg: what + ":fail" }), 0); if (o && o.complete) later(() => o.complete({ errMsg: what + ":fail" }), 0); },
      { get: (f, k) => k in f || typeof k !== "string" ? f[k] : refuse(what + "." + k) });
    win.wx = new Proxy({ config() {}, ready(f) { later(f, 0); }, error() {}, checkJsApi() {} },
      { get: (o, what) => o[what] || (typeof what === "string" ? refuse(what) : undefined), set: () => true });
  } else if (bridge === "alipay") {
    const call = (what, args, done) => {
      if (typeof args === "function") { done = args; args = {}; }
      answer(what, args, () => done && done({ resultCode: "6001", error: 4 }));
    };
    win.AlipayJSBridge = { call };
    win.ap = win.my = new Proxy({}, { get: (_, what) => (o, done) => call(text(what), o, done || (o && o.fail)) });
    arrived("AlipayJSBridgeReady");
  }
  try { send(stringify({ name: "watching" })); } catch (e) { /* the page is going */ }
  return collect;
})("BINDING", "BRIDGE", "EXTENT");
