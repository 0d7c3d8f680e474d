// The USB identities of the board definitions, in the form the port listing compares. Kept apart so that the
// listing itself needs no board files. Throws what reading a board file throws.
import { boardIds, loadBoard } from '../firmware-build/boards.ts';
import type { BoardUsb } from './list-ports.ts';

export function knownBoardsUsb(): BoardUsb[] {
  return boardIds().flatMap((id) => {
    const { usb } = loadBoard(id);
    if (usb === undefined) return [];
    return [{ id, vendorId: parseInt(usb.vendorId, 16), productId: parseInt(usb.productId, 16) }];
  });
}
