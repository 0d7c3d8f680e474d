// The error codes that only a whole node can give (SPEC 9): a neighbour, played here byte by byte, says
// something it must not, and the node names the reason, keeps its money and answers the next good frame as
// ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, FrameType, Link } from '#protocol';
import { Conversation, HOME, NODE, chainOf, neighbourAddress } from './conversation.ts';

const NEIGHBOUR = neighbourAddress(0);
const LINKS = chainOf(NEIGHBOUR);

test('without a pairwise MIC nothing but HELLO is taken: NO_KEY', () => {
  const talk = new Conversation();
  const { frame } = talk.data(NEIGHBOUR, NODE, 5, [1, 2]);
  frame[Link.TYPE] = FrameType.DATA;
  assert.deepEqual(talk.refusals(frame), [ErrorCode.NO_KEY]);
});

test('a SYNCACK for a nonce that was not asked, or a second time: REPLAYED', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.refusals(talk.syncAck(0x77777777)), [ErrorCode.REPLAYED]);
});

test('a frame heard twice does not verify again: BAD_MIC', () => {
  const talk = new Conversation();
  const { frame } = talk.data(NEIGHBOUR, NODE, 5, [1, 2]);
  assert.deepEqual(talk.refusals(frame), []);
  assert.deepEqual(talk.refusals(frame), [ErrorCode.BAD_MIC]);
});

test('a packet for others without hops left: TTL_SPENT', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.refusals(talk.data(NEIGHBOUR, HOME, 0, [1]).frame), [ErrorCode.TTL_SPENT]);
});

test('STATE from somebody who is not home: NOT_NEIGHBOUR', () => {
  const talk = new Conversation();
  const { frame } = talk.data(NEIGHBOUR, NODE, 5, talk.state(NEIGHBOUR, NODE, LINKS[0]!));
  assert.deepEqual(talk.refusals(frame), [ErrorCode.NOT_NEIGHBOUR]);
  assert.deepEqual(talk.pay(LINKS[1]!, 1), [ErrorCode.NO_CHANNEL], 'and it proves no channel');
});

test('payments: NO_CHANNEL, then BAD_LINK, TOO_FAR_AHEAD, OVER_LIMIT, and good ones in between', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.pay(LINKS[1]!, 1), [ErrorCode.NO_CHANNEL]);
  talk.tell(talk.state(NEIGHBOUR, NODE, LINKS[0]!));
  assert.deepEqual(talk.pay(LINKS[2]!, 1), [ErrorCode.BAD_LINK]);
  assert.deepEqual(talk.pay(LINKS[33]!, 33), [ErrorCode.TOO_FAR_AHEAD]);
  assert.deepEqual(talk.pay(LINKS[20]!, 20), []);
  assert.deepEqual(talk.pay(LINKS[41]!, 41), [ErrorCode.OVER_LIMIT]);
  assert.deepEqual(talk.pay(LINKS[40]!, 40), []);
  assert.deepEqual(talk.pay(LINKS[40]!, 40), [], 'the same payment again is no news');
});
