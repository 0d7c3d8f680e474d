// Walks an acorn tree without knowing its node types. Shared by the passes that read the bundle.
import type { AnyNode, Program } from 'acorn';

/** The nodes directly below this one, in the order of their fields. */
export function childrenOf(node: AnyNode | Program): AnyNode[] {
  return Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}
