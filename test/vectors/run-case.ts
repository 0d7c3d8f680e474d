// Runs one vector: what the code makes of a case's input, as text. The same module on Node and on the interpreter,
// with the cryptography of the place, so it keeps to the board's subset. It judges nothing; the tests compare.
import type { Crypto } from '../../firmware/src/protocol/crypto.ts';
import {
  EMPTY_SUBTREE, ErrorCode, Flag, HeaderChain, Link, NodeClock, Reassembly, SegmentWalker, Header, StatePayload,
  addAmounts, bindingKey, bookLeaf, chainTop, checkFrame, checkPayload, digitsOf, equalBytes, fragmentsOf, fromHex,
  getI48, getU16, getU32, hmac, keyFromSignature, leafHash, lockOf, macKey, micOf, moveBalance, mulDivAmount,
  openMessage, packetNonce, payPrefix, preimage, recordKey, rootFromPath, sign, subtractAmounts, timeOnAirUs, toHex,
  trailerBytes, verifyProof, walk, writeHeader,
} from '../../firmware/src/protocol/index.ts';
