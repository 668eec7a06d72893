; One stage of a number-theoretic transform over the Goldilocks field, whose modulus is p = 2^64 - 2^32 + 1. One item
; is four butterflies: 8 of the n = 2^k numbers that the stage gives, 64 bytes.
;
; The transform is decimated in frequency and of constant geometry (Pease, 1968): each stage reads pairs that are half
; the vector apart and writes them side by side, all stages in the same places. Butterfly i of stage s, for i from 0 to
; n / 2 - 1 and s from 0 to k - 1, is
;
;   y[2i]     =  x[i] + x[i + n/2]
;   y[2i + 1] = (x[i] - x[i + n/2]) * w^(i with its s lowest bits cleared)
;
; After k stages number j of the transform, the sum of x[i] * w^(ij) over all i, stands at j with its k bits reversed.
; The items of a stage, laid end to end, are the vector of the next.
;
; Inputs (u64, little-endian)
;   vector     x: n numbers below p; n is a power of two, at least 8
;   roots      w^0 to w^(n/2 - 1), for a primitive n-th root of unity w; the same in all stages
; Parameter
;   stage      s, 0 to 31 (of larger numbers the low 5 bits)
;
; A job has n / 8 items; those beyond trap. A number of p or more spoils the butterflies that it enters, and no others.

.item       64
.inputs     vector roots
.params     stage
.max_units  802                     ; no branches: each item takes as many; derived in docs/kernels/ntt.md
.max_faults 3                       ; four numbers of each half, and four roots: 32 bytes, in one chunk each

.w l0 l1 l2 l3 l4 l5 l6 l7          ; four numbers of the first half, each two words
.w h0 h1 h2 h3 h4 h5 h6 h7          ; four of the second
.w o0 o1 o2 o3                      ; two numbers of the output
.w low high                         ; where l0 and h0 are, in units of 16 bytes
.w i mask e                         ; the first butterfly; the bits of i that count; the exponent of the root
.w epsilon                          ; 2^32 - 1, which is 2^64 modulo p
.w c zero
.d modulus a b root sum difference high_part s t

; to = x - y modulo p, for x < p and y <= p. What went below 0 is 2^64 too large: epsilon is taken off instead, which
; cannot go below 0 again. (x = lo and y < 2^32 in MULTIPLY are no numbers below p; it holds there too, but the result
; may be p or more.)
.macro SUBTRACT to x y
  ltu.d c, x, y
  sub.d to, x, y
  sub   c, zero, c                  ; epsilon or 0
  zext  t, c
  sub.d to, to, t
.endmacro

.macro ADD to x y                   ; x - (p - y)
  sub.d s, modulus, y
  SUBTRACT to, x, s
.endmacro

; to = to * y modulo p. With the 128 bits of the product as lo + 2^64 * hl + 2^96 * hh, of which hl and hh are words:
; 2^64 is epsilon and 2^96 is -1, so it is lo - hh + epsilon * hl.
.macro MULTIPLY to y
  mulhiu.d high_part, to, y
  mul.d to, to, y
  hi    c, high_part
  zext  s, c
  SUBTRACT to, to, s
  lo    c, high_part
  mulwu s, c, epsilon
  add.d to, to, s
  ltu.d c, to, s                    ; passed 2^64: epsilon is added, which does not pass it again
  sub   c, zero, c
  zext  t, c
  add.d to, to, t
  sub.d t, to, modulus              ; wraps to more than before where to < p
  minu.d to, to, t
.endmacro

.macro BUTTERFLY number a0 a1 b0 b1
  pack  a, a0, a1
  pack  b, b0, b1
  add   e, i, number
  and   e, e, mask
  ld64  root, roots[e]
  ADD   sum, a, b
  SUBTRACT difference, a, b
  MULTIPLY difference, root
  lo    o0, sum
  hi    o1, sum
  lo    o2, difference
  hi    o3, difference
  sto128 [zero + number], o0
.endmacro

  mov   epsilon, -1
  mov   c, 1
  pack  modulus, c, epsilon
  param t, stage
  lo    c, t
  shl   mask, epsilon, c

  index low
  shl   i, low, 2
  shl   low, low, 1
  len   high, vector
  shru  high, high, 5               ; half of the vector
  add   high, high, low

  ld128 l0, vector[low]
  ld128 l4, vector[low + 1]
  ld128 h0, vector[high]:1
  ld128 h4, vector[high + 1]:1
  BUTTERFLY 0, l0, l1, h0, h1
  BUTTERFLY 1, l2, l3, h2, h3
  BUTTERFLY 2, l4, l5, h4, h5
  BUTTERFLY 3, l6, l7, h6, h7
