/** `localhost` and the addresses of this machine alone, as a URL's hostname has them. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/.test(hostname.toLowerCase());
}
