/* The machine's limit for one payment chain: SHA-256 of 32 bytes (prefix, link) with the result fed back, in the
 * processor's own SHA instructions (Intel SHA extensions: sha256rnds2, sha256msg1, sha256msg2). Prints steps a
 * second of processor time, or "none" where the instructions are missing. Compiled and run by ledger-limit.ts. */
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static const uint32_t K[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static int has_sha(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

/* One compression from the initial value; the sixteen words of the block are in m[0..3]. The first four words of
 * the result, in order. */
static __m128i compress(__m128i m[4]) {
  const __m128i abef0 = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
  const __m128i cdgh0 = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
  __m128i abef = abef0, cdgh = cdgh0;
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) {
    __m128i w;
    if (i < 4) {
      w = m[i];
    } else {
      w = _mm_add_epi32(_mm_sha256msg1_epu32(m[i & 3], m[(i + 1) & 3]),
                        _mm_alignr_epi8(m[(i + 3) & 3], m[(i + 2) & 3], 4));
      w = _mm_sha256msg2_epu32(w, m[(i + 3) & 3]);
      m[i & 3] = w;
    }
    w = _mm_add_epi32(w, _mm_loadu_si128((const __m128i *)&K[4 * i]));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, w);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(w, 0x0e));
  }
  abef = _mm_add_epi32(abef, abef0);
  cdgh = _mm_add_epi32(cdgh, cdgh0);
  /* abef = (a, b, e, f) and cdgh = (c, d, g, h) from the top; a, b, c, d in order of the message words. */
  return _mm_shuffle_epi32(_mm_unpackhi_epi64(cdgh, abef), 0x1b);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(void) {
  if (!has_sha()) {
    puts("none");
    return 0;
  }
  const long steps = 3000000;
  __m128i link = _mm_set1_epi32(0x02020202);
  const double start = seconds();
  for (long i = 0; i < steps; i++) {
    __m128i m[4] = {_mm_set1_epi32(0x01010101), link, _mm_set_epi32(0, 0, 0, (int)0x80000000),
                    _mm_set_epi32(256, 0, 0, 0)};
    link = compress(m);
  }
  const double taken = seconds() - start;
  uint32_t words[4];
  _mm_storeu_si128((__m128i *)words, link);
  printf("%.0f %08x%08x%08x%08x\n", steps / taken, words[0], words[1], words[2], words[3]);
  return 0;
}
