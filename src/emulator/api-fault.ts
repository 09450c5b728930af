/**
 * A refusal that one of the emulated services answers with. It never means a fault of Earshot, so it is no
 * EarshotError: each service puts it into its own body shape.
 */
export class ApiFault extends Error {
  override readonly name = "ApiFault";
  readonly status: number;
  /** The service's own word: `InvalidAuthenticationToken`, `BadSyntax`, `invalid_client`. */
  readonly code: string;
  /** Entra's number, `AADSTS…`, where there is one. */
  readonly entraNumber: number | undefined;
  /** In how many seconds to come back, where it says so. */
  readonly retryAfterS: number | undefined;

  constructor(status: number, code: string, message: string, entraNumber?: number, retryAfterS?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.entraNumber = entraNumber;
    this.retryAfterS = retryAfterS;
  }
}
