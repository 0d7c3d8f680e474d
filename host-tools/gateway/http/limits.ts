// Every bound of the HTTP server in one place. The defaults suit one laptop with a few pages open; tests
// pass smaller ones to reach a bound quickly. Nothing here knows about routes.
import assert from 'node:assert/strict';

export interface HttpLimits {
  /** Longest request target (path and query) in bytes. */
  urlBytesMax: number;
  /** Requests that one address may make at once, and how fast the allowance comes back. */
  burstRequests: number;
  requestsPerSecond: number;
  /** What one wrong token costs of that allowance, so that guessing is slow. */
  wrongTokenCost: number;
  /** Addresses remembered for the rate limit; the one idle longest makes room. */
  addressesMax: number;
  /** Open event streams: together, and from one address. */
  streamsMax: number;
  streamsPerAddressMax: number;
  /** Unsent bytes at which a stream loses its animation frames, and at which its client is dropped. */
  streamSoftBytes: number;
  streamHardBytes: number;
  /** Packets that one reconnect may replay. The page shows what is older as a gap. */
  replayPacketsMax: number;
  statusEveryMs: number;
  meshEveryMs: number;
  heartbeatMs: number;
  /** Sockets open at once, idle or not. */
  connectionsMax: number;
}

const DEFAULTS: HttpLimits = {
  urlBytesMax: 2048,
  burstRequests: 200,
  requestsPerSecond: 50,
  wrongTokenCost: 20,
  addressesMax: 1024,
  streamsMax: 64,
  streamsPerAddressMax: 32,
  streamSoftBytes: 64 * 1024,
  streamHardBytes: 1024 * 1024,
  replayPacketsMax: 1000,
  statusEveryMs: 1000,
  meshEveryMs: 2000,
  heartbeatMs: 15_000,
  connectionsMax: 256,
};

export function limitsFrom(overrides: Partial<HttpLimits> = {}): HttpLimits {
  const limits = { ...DEFAULTS, ...overrides };
  assert(limits.streamSoftBytes < limits.streamHardBytes);
  assert(limits.streamsMax < limits.connectionsMax);
  assert(limits.statusEveryMs <= limits.meshEveryMs);
  return limits;
}
