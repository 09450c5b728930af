import { createRemoteJWKSet, customFetch, errors, type JWK, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";

const METADATA_LIFE_MS = 24 * 60 * 60_000;
const FETCH_TIMEOUT_MS = 5_000;
/**
 * An unknown key id asks for the keys anew at most this often, however many forged ids come. Little, as whoever signs
 * with a key that was published just now is believed only then.
 */
const REFETCH_FLOOR_MS = 5_000;

const metadataShape = z.looseObject({ jwks_uri: z.url() });

export interface SigningKeys {
  /** For jose: the key of a token's header. Throws `signing-keys-unavailable` where the issuer cannot be reached. */
  readonly getKey: JWTVerifyGetKey;
  /** The key as published, with what the issuer says beside it (`endorsements`). */
  findPublished(keyId: string): (JWK & { endorsements?: unknown }) | undefined;
}

/**
 * Keys of an OpenID issuer, found through its metadata document, cached, and read again when a token names an
 * unknown one. Source: https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function createSigningKeys(needs: {
  metadataUrl: string;
  edges: Pick<Edges, "fetch" | "now" | "timeout">;
}): SigningKeys {
  type KeySet = ReturnType<typeof createRemoteJWKSet>;
  let loading: Promise<KeySet> | null = null;
  let keys: KeySet | null = null;
  let loadedAt = 0;
  /** Of the last attempt to read them anew that failed: until the floor is past, none is made. */
  let failedAt = -Infinity;

  const load = async (): Promise<KeySet> => {
    const response = await needs.edges.fetch(needs.metadataUrl, {
      signal: needs.edges.timeout(FETCH_TIMEOUT_MS),
      redirect: "error",
    });
    if (!response.ok) {
      throw new EarshotError("signing-keys-unavailable", `${needs.metadataUrl} answered ${response.status}`);
    }
    const { jwks_uri } = metadataShape.parse(await response.json());
    loadedAt = needs.edges.now();
    keys = createRemoteJWKSet(new URL(jwks_uri), {
      [customFetch]: needs.edges.fetch,
      cooldownDuration: REFETCH_FLOOR_MS,
      cacheMaxAge: METADATA_LIFE_MS,
      timeoutDuration: FETCH_TIMEOUT_MS,
    });
    return keys;
  };

  /** Callers that come at once share one request; a failure is not kept. */
  const readKeys = async (): Promise<KeySet> => {
    if (keys && needs.edges.now() - loadedAt < METADATA_LIFE_MS) return keys;
    loading ??= load().finally(() => {
      loading = null;
    });
    return loading;
  };

  const isPublished = (keyId: string | undefined) => keys?.jwks()?.keys.some(({ kid }) => kid === keyId);

  return {
    getKey: async (header, token) => {
      try {
        const keySet = await readKeys();
        if (!isPublished(header.kid) && needs.edges.now() - failedAt < REFETCH_FLOOR_MS) {
          throw new EarshotError(
            "signing-keys-unavailable",
            `the signing keys of ${needs.metadataUrl} could not be read a moment ago`,
          );
        }
        return await keySet(header, token);
      } catch (error) {
        if (error instanceof EarshotError) throw error;
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
          throw error;
        if (error instanceof errors.JOSENotSupported) throw error;
        if (keys?.jwks()) failedAt = needs.edges.now();
        throw new EarshotError(
          "signing-keys-unavailable",
          `the signing keys of ${needs.metadataUrl} could not be read`,
          { cause: error },
        );
      }
    },
    findPublished: (keyId) => keys?.jwks()?.keys.find(({ kid }) => kid === keyId),
  };
}
