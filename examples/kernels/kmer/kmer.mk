; Counts four short patterns in a sequence, all at once. One item looks at 256 starting positions and writes four
; u32 counts, one a pattern: position p of item i is 256 * i + p, so ceil(length / 256) items cover a sequence.
;
; Inputs
;   sequence   one byte a letter
;   patterns   64 bytes: four patterns of 16 bytes; the first k bytes of each count, the rest may be anything
; Parameter
;   k          letters compared, 1 to 16 (more act as 16; 0 matches everywhere, also beyond the end)
;
; Beyond its end the sequence reads as zeros. A pattern has no zero byte among its first k, so a window that runs
; over the end never matches and positions above length - k need no test of their own.
;
; The sequence is read word by word. The five newest words are kept; a window of 16 bytes at any of four offsets
; is cut out of them with funnel shifts.

.item       16
.inputs     sequence patterns
.params     k
.max_units  14131                   ; the worst of the paths; derived in docs/kernels/kmer.md
.max_faults 4                       ; two chunks of the sequence, one more for its last word, one of the patterns

.equ WORDS 68                       ; 64 words of starting positions, and 4 that their windows reach into

.w a0 a1 a2 a3                      ; patterns, masked; each is four registers in a row, for ld128
.w b0 b1 b2 b3
.w c0 c1 c2 c3
.w d0_ d1_ d2_ d3_                  ; d0 would name a 64-bit register
.w m0 m1 m2 m3                      ; masks of the first k bytes of a window
.w s0 s1 s2 s3 s4                   ; the sequence, five words
.w x0 x1 x2 x3                      ; the window
.w na nb nc nd                      ; counts
.w zero word last j shift t u
.d p

  ; The masks: of word i, the first clamp(k - 4i, 0, 4) bytes. ~((-1 << 4n) << 4n), because one shift by 32 is
  ; a shift by 0.
  param   p, k
  lo      u, p
  minu    u, u, 16

  mins    t, u, 4
  shl     t, t, 2
  mov     m0, -1
  shl     m0, m0, t
  shl     m0, m0, t
  xor     m0, m0, -1

  sub     u, u, 4
  maxs    t, u, 0
  mins    t, t, 4
  shl     t, t, 2
  mov     m1, -1
  shl     m1, m1, t
  shl     m1, m1, t
  xor     m1, m1, -1

  sub     u, u, 4
  maxs    t, u, 0
  mins    t, t, 4
  shl     t, t, 2
  mov     m2, -1
  shl     m2, m2, t
  shl     m2, m2, t
  xor     m2, m2, -1

  sub     u, u, 4
  maxs    t, u, 0
  shl     t, t, 2
  mov     m3, -1
  shl     m3, m3, t
  shl     m3, m3, t
  xor     m3, m3, -1

  ld128   a0, patterns[zero]
  ld128   b0, patterns[zero + 1]
  ld128   c0, patterns[zero + 2]
  ld128   d0_, patterns[zero + 3]
  and     a0, a0, m0
  and     a1, a1, m1
  and     a2, a2, m2
  and     a3, a3, m3
  and     b0, b0, m0
  and     b1, b1, m1
  and     b2, b2, m2
  and     b3, b3, m3
  and     c0, c0, m0
  and     c1, c1, m1
  and     c2, c2, m2
  and     c3, c3, m3
  and     d0_, d0_, m0
  and     d1_, d1_, m1
  and     d2_, d2_, m2
  and     d3_, d3_, m3

  index   word
  mul     word, word, 64
  len     last, sequence
  shru    last, last, 2             ; the word that may be partial

  loop words
    mov     s0, s1
    mov     s1, s2
    mov     s2, s3
    mov     s3, s4
    ld32.z  s4, sequence[word]
    eq      t, word, last
    if t                            ; the last one to three bytes are not a whole word: read them one by one
      shl     u, last, 2
      ld8u.z  s4, sequence[u]:1
      ld8u.z  t, sequence[u + 1]:1
      mad     s4, t, 0x100, s4
      ld8u.z  t, sequence[u + 2]:1
      mad     s4, t, 0x10000, s4
    end
    add     word, word, 1
    add     j, j, 1
    ltu     t, j, 5
    br_if   t, words                ; the first window needs five words

    mov     shift, 0
    loop positions
      fshr    x0, s0, shift, s1
      fshr    x1, s1, shift, s2
      fshr    x2, s2, shift, s3
      fshr    x3, s3, shift, s4
      and     x0, x0, m0
      and     x1, x1, m1
      and     x2, x2, m2
      and     x3, x3, m3

      xor     t, x0, a0
      xor     u, x1, a1
      or      t, t, u
      xor     u, x2, a2
      or      t, t, u
      xor     u, x3, a3
      or      t, t, u
      eq      t, t, 0
      add     na, na, t

      xor     t, x0, b0
      xor     u, x1, b1
      or      t, t, u
      xor     u, x2, b2
      or      t, t, u
      xor     u, x3, b3
      or      t, t, u
      eq      t, t, 0
      add     nb, nb, t

      xor     t, x0, c0
      xor     u, x1, c1
      or      t, t, u
      xor     u, x2, c2
      or      t, t, u
      xor     u, x3, c3
      or      t, t, u
      eq      t, t, 0
      add     nc, nc, t

      xor     t, x0, d0_
      xor     u, x1, d1_
      or      t, t, u
      xor     u, x2, d2_
      or      t, t, u
      xor     u, x3, d3_
      or      t, t, u
      eq      t, t, 0
      add     nd, nd, t

      add     shift, shift, 8
      ltu     t, shift, 32
      br_if   t, positions
    end

    ltu     t, j, WORDS
    br_if   t, words
  end
  sto128 [zero], na
