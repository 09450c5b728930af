import type { NeededCertificate } from "../../storage.ts";
import type { Opening } from "../opening.ts";

/**
 * Out of the JSON by its name, which stands nowhere else in it: within a text the quotation marks are escaped. To match a
 * pattern instead took PostgreSQL thirty times as long.
 */
const readId = (column: string) =>
  `nullif(split_part(split_part(${column}, '"encryptionCertificateId":"', 2), '"', 1), '')`;

/** UNION: one whose two contents are sealed to the same is counted once. */
const NEEDED = `
  WITH content AS (
    SELECT id, ${readId("sealed")} AS certificate_id FROM notification WHERE state IN ('waiting', 'claimed', 'parked')
    UNION
    SELECT id, ${readId("spare_sealed")} FROM notification WHERE state IN ('waiting', 'claimed', 'parked')
  )
  SELECT certificate_id, count(*) AS amount FROM content WHERE certificate_id IS NOT NULL GROUP BY certificate_id`;

export async function listNeededCertificates({ query }: Opening): Promise<NeededCertificate[]> {
  const { rows } = await query(NEEDED);
  return rows.map((row) => ({
    certificateId: row.certificate_id as string,
    notifications: row.amount as number,
  }));
}
