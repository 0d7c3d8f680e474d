// Foreign text becomes visible text; figures and times read the same everywhere.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  boardName,
  clock,
  duration,
  figure,
  shortHash,
  signedFigure,
  visible,
} from '../../host-tools/dashboard/page/format.ts';

describe('foreign text', () => {
  it('keeps letters of every script and shows what hides or reorders as its code', () => {
    assert.equal(visible('Jürgen 水車 مزرعة 🐝', 40), 'Jürgen 水車 مزرعة 🐝');
    assert.equal(visible('a\u202eb\u0000c\u200bd\ne', 40), 'a\\u{202e}b\\u{0}c\\u{200b}d\\u{a}e');
    assert.equal(visible('lone \ud800 half', 40), 'lone \\u{d800} half');
  });

  it('is cut to its length without splitting a character', () => {
    assert.equal(visible('🐝'.repeat(10), 4), '🐝🐝🐝…');
    assert.equal(visible('x'.repeat(1_000_000), 5), 'xxxx…');
  });

  it('never lets a hidden character through, nor grows beyond its bound', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, most) => {
        const shown = visible(text, most);
        assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(shown), JSON.stringify(shown));
        assert.ok([...shown].length <= most);
      }),
    );
  });

  it('names a board by its address while it has no name', () => {
    assert.equal(boardName({ name: '  ', address: '0000002a' }), '0000002a');
    assert.equal(boardName({ name: 'mill', address: '0000002a' }), 'mill');
  });
});

describe('figures and times', () => {
  it('group thousands and keep the sign', () => {
    assert.equal(figure(9_007_199_254_740_991), '9,007,199,254,740,991');
    assert.deepEqual([1200, 0, -1200].map(signedFigure), ['+1,200', '0', '\u22121,200']);
  });

  it('shorten what is long and survive what is wrong', () => {
    assert.equal(shortHash('0123456789abcdef'), '0123456789…');
    assert.equal(shortHash('short'), 'short');
    assert.equal(clock('not a time'), '–');
    assert.match(clock('2026-05-01T12:00:05Z'), /^\d\d:\d\d:05$/);
    assert.deepEqual([0, 89, 90, 5400, 129_600].map(duration), ['0 s', '89 s', '2 min', '2 h', '2 d']);
  });
});
