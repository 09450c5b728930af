/**
 * What Graph posts to a notification URL.
 * Source: https://learn.microsoft.com/graph/api/resources/changenotificationcollection
 */
import { z } from "zod";
import { parseShape } from "./parse-shape.ts";

/** Sizes no honest notification reaches; they keep a forged batch from costing more than its bytes. */
const ID = z.string().min(1).max(256);
const BASE64 = z.string().min(1).max(4_000_000);

const encryptedContent = z.object({
  /** Base64 of the AES-256-CBC ciphertext. */
  data: BASE64,
  /** Base64 of HMAC-SHA256 over the ciphertext bytes. */
  dataSignature: z.string().min(1).max(256),
  /** Base64 of the AES key, sealed with RSA-OAEP. */
  dataKey: z.string().min(1).max(2048),
  encryptionCertificateId: z.string().min(1).max(128),
  encryptionCertificateThumbprint: z.string().max(256).optional(),
});
/** An item's sealed message. */
export type EncryptedContent = z.infer<typeof encryptedContent>;

const changeNotification = z.object({
  subscriptionId: ID,
  subscriptionExpirationDateTime: z.string().max(64).optional(),
  clientState: z.string().max(255).nullish(),
  tenantId: ID,
  changeType: z.string().max(64).optional(),
  lifecycleEvent: z.string().max(64).optional(),
  resource: z.string().max(2048).optional(),
  resourceData: z.looseObject({ id: z.string().max(256).optional() }).nullish(),
  encryptedContent: encryptedContent.nullish(),
});
export type ChangeNotification = z.infer<typeof changeNotification>;

const collection = z.object({
  value: z.array(z.unknown()).max(2_000),
  validationTokens: z.array(z.string().max(16_384)).max(200).nullish(),
});

/** A batch as it comes: the envelope is read, each item is still unknown, so that one bad item spoils no other. */
export interface NotificationBatch {
  readonly items: readonly unknown[];
  readonly validationTokens: readonly string[];
}

/** Throws `wire-shape` when the envelope itself is wrong. */
export function parseNotificationBatch(input: unknown): NotificationBatch {
  const parsed = parseShape(collection, input, "notification batch");
  return { items: parsed.value, validationTokens: parsed.validationTokens ?? [] };
}

/** Throws `wire-shape` when this one item is wrong. */
export function parseChangeNotification(input: unknown): ChangeNotification {
  return parseShape(changeNotification, input, "change notification");
}

/** Throws `wire-shape`. */
export function parseEncryptedContent(input: unknown): EncryptedContent {
  return parseShape(encryptedContent, input, "encrypted content");
}
