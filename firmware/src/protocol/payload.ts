// Structure of what travels inside DATA (SPEC 5): the first byte is the kind, the rest has the layout of that
// kind. Called with the decrypted payload, after the preimage proved who wrote it; a gateway calls it as
// well.
import { Proof, Window } from './constants.ts';
import {
  ClaimPayload, KeyRepPayload, KeyReqPayload, KeySubject, OpenPayload, ParamsPayload, Payload, ProofPayload,
  ProofRecord, ProofRequestPayload, StateFlag, StatePayload, StateRequestPayload, TimePayload,
} from './payload-constants.ts';
import { ErrorCode } from './errors.ts';
import { checkFragment } from './fragment.ts';

function exactly(payload: Uint8Array, size: number): ErrorCode {
  return payload.length === size ? ErrorCode.OK : ErrorCode.BAD_LENGTH;
}

function checkOpen(payload: Uint8Array): ErrorCode {
  if (payload.length !== OpenPayload.SIZE) return ErrorCode.BAD_LENGTH;
  return payload[OpenPayload.WINDOW] > Window.CODE_MAX ? ErrorCode.BAD_PARAMS : ErrorCode.OK;
}

function checkState(payload: Uint8Array): ErrorCode {
  if (payload.length !== StatePayload.SIZE) return ErrorCode.BAD_LENGTH;
  const known = StateFlag.EXISTS | StateFlag.CLOSING;
  return (payload[StatePayload.FLAGS] & ~known) !== 0 ? ErrorCode.BAD_FLAGS : ErrorCode.OK;
}

function checkTime(payload: Uint8Array): ErrorCode {
  return payload.length === TimePayload.SIZE_ASK ? ErrorCode.OK : exactly(payload, TimePayload.SIZE_ANSWER);
}

/** Bounds that no vote can leave; a node that took worse ones would pay without limit or fall silent. */
export function checkParams(payload: Uint8Array): ErrorCode {
  if (payload.length !== ParamsPayload.SIZE) return ErrorCode.BAD_LENGTH;
  const good =
    payload[ParamsPayload.PAY_BATCH] > 0 &&
    payload[ParamsPayload.CLAIM_FIRST] > 0 &&
    payload[ParamsPayload.WINDOW] <= Window.CODE_MAX &&
    payload[ParamsPayload.SERVICE] <= 100 &&
    payload[ParamsPayload.PRICE_FLOOR] > 0 &&
    payload[ParamsPayload.PRICE_FLOOR] <= payload[ParamsPayload.PRICE_CAP];
  return good ? ErrorCode.OK : ErrorCode.BAD_PARAMS;
}

export function checkKeyReply(payload: Uint8Array): ErrorCode {
  if (payload.length < KeyRepPayload.SIZE_NONE) return ErrorCode.TOO_SHORT;
  const subject = payload[KeyRepPayload.SUBJECT];
  if (subject !== KeySubject.PAIR && subject !== KeySubject.HEADER) return ErrorCode.BAD_REASON;
  if (payload.length === KeyRepPayload.SIZE_NONE) return ErrorCode.OK;
  return exactly(payload, subject === KeySubject.PAIR ? KeyRepPayload.SIZE_PAIR : KeyRepPayload.SIZE_HEADER);
}

function checkKeyRequest(payload: Uint8Array): ErrorCode {
  if (payload.length !== KeyReqPayload.SIZE) return ErrorCode.BAD_LENGTH;
  const subject = payload[KeyReqPayload.SUBJECT];
  return subject === KeySubject.PAIR || subject === KeySubject.HEADER ? ErrorCode.OK : ErrorCode.BAD_REASON;
}

function checkProofRequest(payload: Uint8Array): ErrorCode {
  if (payload.length < ProofRequestPayload.SIZE_NODE) return ErrorCode.TOO_SHORT;
  switch (payload[ProofRequestPayload.RECORD]) {
    case ProofRecord.NODE: return exactly(payload, ProofRequestPayload.SIZE_NODE);
    case ProofRecord.CHANNEL: return exactly(payload, ProofRequestPayload.SIZE_CHANNEL);
    default: return ErrorCode.BAD_REASON;
  }
}

/** The proof inside is judged by verifyProof, which needs the root. */
function checkProof(payload: Uint8Array): ErrorCode {
  if (payload.length < ProofPayload.PROOF + Proof.BITMAP) return ErrorCode.TOO_SHORT;
  const record = payload[ProofPayload.RECORD];
  return record === ProofRecord.NODE || record === ProofRecord.CHANNEL ? ErrorCode.OK : ErrorCode.BAD_REASON;
}

/** Payloads that may travel as SERVICE: those between a node and its gateway about channels, time, keys. */
export function isService(kind: number): boolean {
  return kind > Payload.COMMAND && kind < Payload.FRAGMENT;
}

/** Everything that can be said of a payload by itself. OK means: every field of its kind lies inside it. */
export function checkPayload(payload: Uint8Array): ErrorCode {
  if (payload.length === 0) return ErrorCode.TOO_SHORT;
  switch (payload[0]) {
    case Payload.READING:
    case Payload.TEXT:
    case Payload.COMMAND: return ErrorCode.OK;
    case Payload.OPEN: return checkOpen(payload);
    case Payload.CLAIM: return exactly(payload, ClaimPayload.SIZE);
    case Payload.STATE: return checkState(payload);
    case Payload.STATE_REQUEST: return exactly(payload, StateRequestPayload.SIZE);
    case Payload.TIME: return checkTime(payload);
    case Payload.PARAMS: return checkParams(payload);
    case Payload.KEYREQ: return checkKeyRequest(payload);
    case Payload.KEYREP: return checkKeyReply(payload);
    case Payload.PROOF_REQUEST: return checkProofRequest(payload);
    case Payload.PROOF: return checkProof(payload);
    case Payload.FRAGMENT: return checkFragment(payload);
    default: return ErrorCode.UNKNOWN_PAYLOAD;
  }
}
