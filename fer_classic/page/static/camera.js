// A photograph by the camera of this machine.

import { button, el, tell } from "./dom.js";
import { t } from "./texts.js";

/** The stream of a camera; an error says in the page's words why there is none. */
export async function openCamera(wanted) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error(t("photo.no_camera"));
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wanted });
  } catch (error) {
    const known = { NotAllowedError: "photo.camera_denied", NotReadableError: "photo.camera_busy" };
    throw new Error(t(known[error.name] ?? "photo.no_camera"));
  }
}

export class Camera {
  /** `taken(blob)` gets a JPEG. */
  constructor(taken) {
    this.taken = taken;
    this.video = el("video", { autoplay: true, playsinline: true, "aria-label": t("photo.camera") });
    this.video.muted = true;
    this.node = el("dialog", { class: "camera", "aria-label": t("photo.camera"), on: { close: () => this.stop() } },
      this.video, el("div", { class: "choices" },
        button(t("photo.shoot"), () => this.shoot(), { class: "main" }),
        button(t("do.close"), () => this.close())));
  }

  async open() {
    this.node.showModal();
    try {
      const stream = await openCamera({ width: { ideal: 1280 } });
      if (!this.node.open) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      this.video.srcObject = stream;
    } catch (error) {
      this.close();
      tell(error.message, true);
    }
  }

  shoot() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return;
    const canvas = el("canvas", { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    canvas.toBlob((blob) => { this.close(); this.taken(blob); }, "image/jpeg", 0.95);
  }

  stop() {
    this.video.srcObject?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  close() {
    this.stop();
    if (this.node.open) this.node.close();
  }
}
