/** What the headers say of the way a request came. */
import { BlockList, isIP } from 'node:net';

/** Headers that proxies, tunnels and content networks add, and that a health check on this machine never has. */
const FORWARDING =
  /^(?:forwarded|via|cdn-loop|x-forwarded(?:-.+)?|x-(?:real|client|cluster-client|original-forwarded)-.+|x-(?:amzn|azure|envoy)-.+|true-client-ip|(?:cf|fastly|fly)-.+)$/;

/** Addresses that a proxy of the owner's own has; nobody on the internet does. */
const OWN_NETWORKS = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  OWN_NETWORKS.addSubnet(network, bits, 'ipv4');
}
OWN_NETWORKS.addSubnet('::1', 128, 'ipv6');
OWN_NETWORKS.addSubnet('fc00::', 7, 'ipv6');
OWN_NETWORKS.addSubnet('fe80::', 10, 'ipv6');

/**
 * Whether it came through a proxy: it carries such a header, or asks for the public name, which leads to the
 * proxy (https is not spoken here). A `publicUrl` with http is one of this machine and tells nothing.
 */
export function isForwarded(headers: NodeJS.Dict<string[]>, publicUrl: string | null): boolean {
  if (Object.keys(headers).some((name) => FORWARDING.test(name))) return true;
  if (publicUrl === null || !publicUrl.startsWith('https:')) return false;
  const host = headers.host?.[0]?.replace(/:\d+$/, '').toLowerCase();
  return host === new URL(publicUrl).hostname;
}

/**
 * The sender's address, for counting: the peer's, or, behind a proxy of our own network, what that proxy
 * wrote last in X-Forwarded-For (what stands before it is the sender's own claim). null when no stranger's
 * address is known: such requests share one, and to count them would silence Replicate with the rest.
 */
export function findSender(peer: string | undefined, forwardedFor: readonly string[] = []): string | null {
  const direct = readAddress(peer);
  if (direct === null || !isOwn(direct)) return direct;
  const forwarded = readAddress(forwardedFor.at(-1)?.split(',').at(-1));
  return forwarded === null || isOwn(forwarded) ? null : forwarded;
}

function readAddress(text = ''): string | null {
  const address = text.trim().replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? null : address;
}

function isOwn(address: string): boolean {
  return OWN_NETWORKS.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
