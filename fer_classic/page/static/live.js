// The camera of this machine: faces as they come, and how late the answers are.

import { post, send, windowName } from "./api.js";
import { openCamera } from "./camera.js";
import { button, el, fill, select } from "./dom.js";
import { facesNow } from "./film.js";
import { drawFaces, largest } from "./overlay.js";
import { store } from "./store.js";
import { t, word } from "./texts.js";

const SIDE = 640; // longest side of a picture that is sent
const TOLD_EVERY = 1000;

export class Live {
  constructor() {
    this.video = el("video", { autoplay: true, playsinline: true, "aria-label": t("live.picture") });
    this.video.muted = true;
    this.over = el("div", { class: "over" });
    this.stage = el("div", { class: "stage", hidden: true }, this.video, this.over);
    this.turn = button(t("live.start"), () => (this.stream ? this.stop() : this.start()), { class: "main" });
    this.devices = el("div", { class: "fields" });
    this.rate = el("p", { class: "note rate" });
    this.faces = el("div", { class: "faces" });
    this.said = el("p", { class: "hidden", "aria-live": "polite" });
    this.trouble = el("div", { "aria-live": "assertive" });
    this.canvas = el("canvas");
    this.node = el("div", { class: "live column" },
      el("p", { class: "large" }, t("live.lead")), el("p", { class: "note" }, t("live.private")),
      el("div", { class: "choices" }, this.turn, this.devices), this.trouble,
      el("div", { class: "moment" }, this.stage,
        el("section", { class: "said", "aria-label": t("live.faces") }, this.rate, this.faces)), this.said);
  }

  async start(device) {
    fill(this.trouble);
    try {
      this.stream = await openCamera({ width: { ideal: SIDE }, ...(device ? { deviceId: { exact: device } } : {}) });
    } catch (error) {
      fill(this.trouble, el("p", { class: "missing" }, error.message));
      return;
    }
    if (this.left) {
      this.off();
      return;
    }
    this.video.srcObject = this.stream;
    const [track] = this.stream.getVideoTracks();
    track.addEventListener("ended", () => this.stop());
    this.turn.textContent = t("live.stop");
    this.stage.hidden = false;
    fill(this.rate, t("live.waiting"));
    this.choose(track.getSettings().deviceId);
    const { stream } = this;
    const { promise, resolve } = defer();
    if (this.video.videoWidth) resolve();
    else this.video.addEventListener("loadeddata", resolve, { once: true });
    await promise;
    this.shape(this.video.videoWidth, this.video.videoHeight);
    await this.look(stream);
  }

  /** A choice of cameras where there are several. */
  async choose(current) {
    const found = (await navigator.mediaDevices.enumerateDevices()).filter((own) => own.kind === "videoinput");
    fill(this.devices, found.length > 1 ? select(t("live.camera"), found.map((own, i) =>
      [own.deviceId, own.label || `${t("live.camera")} ${i + 1}`]), current, async (device) => {
      await this.stop();
      await this.start(device);
    }) : null);
  }

  /** One picture after the other: the newest is sent when the last is answered. */
  async look(stream) {
    this.told = null;
    while (this.stream === stream && !this.left) {
      const start = performance.now();
      try {
        const blob = await this.shot();
        const found = await send(`live?window=${encodeURIComponent(windowName())}`, blob);
        if (this.stream !== stream) return;
        this.draw(found, performance.now() - start);
      } catch (error) {
        this.stop();
        fill(this.trouble, el("p", { class: "missing" }, error.status === 0 ? t("told.offline") : error.message));
        return;
      }
      await shown();
    }
  }

  shape(width, height) {
    this.stage.style.setProperty("--ratio", width / height);
    this.stage.style.setProperty("--wide", `${width}px`);
  }

  shot() {
    const { videoWidth, videoHeight } = this.video;
    const share = Math.min(1, SIDE / Math.max(videoWidth, videoHeight));
    this.canvas.width = Math.max(1, Math.round(videoWidth * share));
    this.canvas.height = Math.max(1, Math.round(videoHeight * share));
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return new Promise((done) => { this.canvas.toBlob(done, "image/jpeg", 0.85); });
  }

  draw(found, delay) {
    const { classes } = store.state;
    const { faces } = found;
    drawFaces(this.over, [found.width, found.height], faces, classes);
    fill(this.faces, faces.length ? facesNow(faces, classes) : el("p", { class: "note" }, t("film.none")));
    const now = performance.now();
    if (this.told === null) { // the first answer waited for the model to be loaded
      this.told = now;
      this.delays = [];
      return;
    }
    this.delays.push(delay);
    if (now - this.told < TOLD_EVERY) return;
    const mean = this.delays.reduce((sum, own) => sum + own, 0) / this.delays.length;
    fill(this.rate, t("live.rate", {
      rate: ((1000 * this.delays.length) / (now - this.told)).toFixed(1),
      latency: mean.toFixed(0), longest: Math.max(...this.delays).toFixed(0),
    }));
    this.told = now;
    this.delays = [];
    this.say(faces.map((face) => `${t("film.one", { n: face.track })}: ${word("class", classes[largest(face.probabilities)])}`).join(", ") || t("film.none"));
  }

  /** Tell those who listen when something has changed. */
  say(text) {
    if (text !== this.said.textContent) this.said.textContent = text;
  }

  off() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  async stop() {
    this.off();
    this.video.srcObject = null;
    this.stage.hidden = true;
    this.turn.textContent = t("live.start");
    fill(this.over);
    fill(this.faces);
    fill(this.rate);
    try {
      await post("live/stop", { window: windowName() });
    } catch { /* it forgets by itself */ }
  }

  key() {}

  leave() {
    this.left = true;
    if (this.stream) this.stop();
  }
}

/** Until the browser draws again; a hidden window waits too. */
const shown = () => new Promise((done) => { requestAnimationFrame(done); });

function defer() {
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}
