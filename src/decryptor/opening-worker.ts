/** A thread that opens contents: RSA, HMAC and AES, away from the thread that answers HTTP. */
import type { KeyObject } from "node:crypto";
import { parentPort } from "node:worker_threads";
import type { EncryptedContent } from "../wire/change-notification.ts";
import { openContent } from "./open-content.ts";

export interface OpeningCall {
  readonly id: number;
  readonly content: EncryptedContent;
  /** Sent with the first item that needs it; kept by certificate id. */
  readonly privateKey?: KeyObject;
}
/** The key by this certificate id is not to be had any more. */
export interface ForgetCall {
  readonly forget: string;
}
export type OpeningAnswer =
  { readonly id: number; readonly text: string } | { readonly id: number; readonly failed: true };

const privateKeys = new Map<string, KeyObject>();

parentPort?.on("message", (call: OpeningCall | ForgetCall) => {
  if ("forget" in call) {
    privateKeys.delete(call.forget);
    return;
  }
  const { id, content, privateKey } = call;
  const certificateId = content.encryptionCertificateId;
  if (privateKey) privateKeys.set(certificateId, privateKey);
  const known = privateKeys.get(certificateId);
  let answer: OpeningAnswer = { id, failed: true };
  try {
    if (known) answer = { id, text: openContent(content, known) };
  } catch {
    // One opaque failure, whatever it was.
  }
  parentPort?.postMessage(answer);
});
