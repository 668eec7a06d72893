; SHA-256 (FIPS 180-4) of records that all have the same length. One item hashes one record and writes its digest of
; 32 bytes, in the order in which digests are printed.
;
; Input
;   records    the records, end to end, without anything between them
; Parameters (u64; the low 32 bits are used)
;   record     bytes of a record: a multiple of 64, up to 1,024 (the low six bits are ignored)
;   padded     0: the records are messages, and their padding is added here
;              1: the records are padded already, each as section 5.1.1 of FIPS 180-4 says: messages of any length
;
; A record that is not whole traps.
;
; The padding of a message of whole blocks is a block of its own: a one bit, zeros, the length. A record longer than a
; block runs once more through the loop for it. For a record of a single block, the case of Merkle trees, that block is
; always the same, and so are the 64 words of its schedule: they are added to the round constants in the text below.
; That leaves 23 instructions of a round, and of the schedule nothing.

.item       32
.inputs     records
.params     record padded
.max_units  38602                   ; 1,024 bytes, and the padding; derived in docs/kernels/sha256.md
.max_faults 2                       ; a record of up to 1,024 bytes, at any multiple of 64

.w m0 m1 m2 m3 m4 m5 m6 m7          ; 16 words of the schedule: the block, then the words that follow from it
.w m8 m9 m10 m11 m12 m13 m14 m15
.w s0 s1 s2 s3 s4 s5 s6 s7          ; the state between blocks
.w a b c d e f g h                  ; the state between rounds
.w blocks                           ; of a record
.w passes                           ; through the loop: the blocks, and one for the padding unless it is folded
.w folded                           ; whether the padding of a single block comes after the loop
.w at                               ; the next 16 bytes of the record
.w n t u v zero
.d p

; A round, of which k is the constant and, where the word of the schedule is known, the sum of both. The roles of the
; eight registers move by one from round to round, which the next invocation says by their order.
.macro ROUND a b c d e f g h k
  rotl  t, e, 26                    ; rotr 6, 11, 25, each as the rotl that it is
  rotl  u, e, 21
  xor   t, t, u
  rotl  u, e, 7
  xor   t, t, u
  xor   u, f, g                     ; Ch: f where e has a one, g where it has a zero
  and   u, u, e
  xor   u, u, g
  add   h, h, k
  add   h, h, t
  add   h, h, u
  add   d, d, h
  rotl  t, a, 30                    ; rotr 2, 13, 22
  rotl  u, a, 19
  xor   t, t, u
  rotl  u, a, 10
  xor   t, t, u
  or    u, a, b                     ; Maj
  and   u, u, c
  and   v, a, b
  or    u, u, v
  add   h, h, t
  add   h, h, u
.endmacro

; A round of a block that is not known: w is the word of the schedule.
.macro STEP a b c d e f g h w k
  add   h, h, w
  ROUND a, b, c, d, e, f, g, h, k
.endmacro

; Eight rounds bring each register back to its role.
.macro ROUNDS k0 k1 k2 k3 k4 k5 k6 k7
  ROUND a, b, c, d, e, f, g, h, k0
  ROUND h, a, b, c, d, e, f, g, k1
  ROUND g, h, a, b, c, d, e, f, k2
  ROUND f, g, h, a, b, c, d, e, k3
  ROUND e, f, g, h, a, b, c, d, k4
  ROUND d, e, f, g, h, a, b, c, k5
  ROUND c, d, e, f, g, h, a, b, k6
  ROUND b, c, d, e, f, g, h, a, k7
.endmacro

.macro LOW_STEPS k0 k1 k2 k3 k4 k5 k6 k7
  STEP  a, b, c, d, e, f, g, h, m0, k0
  STEP  h, a, b, c, d, e, f, g, m1, k1
  STEP  g, h, a, b, c, d, e, f, m2, k2
  STEP  f, g, h, a, b, c, d, e, m3, k3
  STEP  e, f, g, h, a, b, c, d, m4, k4
  STEP  d, e, f, g, h, a, b, c, m5, k5
  STEP  c, d, e, f, g, h, a, b, m6, k6
  STEP  b, c, d, e, f, g, h, a, m7, k7
.endmacro

.macro HIGH_STEPS k0 k1 k2 k3 k4 k5 k6 k7
  STEP  a, b, c, d, e, f, g, h, m8, k0
  STEP  h, a, b, c, d, e, f, g, m9, k1
  STEP  g, h, a, b, c, d, e, f, m10, k2
  STEP  f, g, h, a, b, c, d, e, m11, k3
  STEP  e, f, g, h, a, b, c, d, m12, k4
  STEP  d, e, f, g, h, a, b, c, m13, k5
  STEP  c, d, e, f, g, h, a, b, m14, k6
  STEP  b, c, d, e, f, g, h, a, m15, k7
.endmacro

; The word of the schedule 16 rounds later takes the place of w: w + sigma0(w1_) + w9_ + sigma1(w14_), which are the
; words of 15, 7 and 2 rounds before it.
.macro NEXT w w1_ w9_ w14_
  rotl  t, w1_, 25                  ; rotr 7, 18, shift 3
  rotl  u, w1_, 14
  xor   t, t, u
  shru  u, w1_, 3
  xor   t, t, u
  add   w, w, t
  add   w, w, w9_
  rotl  t, w14_, 15                 ; rotr 17, 19, shift 10
  rotl  u, w14_, 13
  xor   t, t, u
  shru  u, w14_, 10
  xor   t, t, u
  add   w, w, t
.endmacro

.macro NEXT16
  NEXT  m0, m1, m9, m14
  NEXT  m1, m2, m10, m15
  NEXT  m2, m3, m11, m0
  NEXT  m3, m4, m12, m1
  NEXT  m4, m5, m13, m2
  NEXT  m5, m6, m14, m3
  NEXT  m6, m7, m15, m4
  NEXT  m7, m8, m0, m5
  NEXT  m8, m9, m1, m6
  NEXT  m9, m10, m2, m7
  NEXT  m10, m11, m3, m8
  NEXT  m11, m12, m4, m9
  NEXT  m12, m13, m5, m10
  NEXT  m13, m14, m6, m11
  NEXT  m14, m15, m7, m12
  NEXT  m15, m0, m8, m13
.endmacro

.macro SWAP a b c d                 ; big-endian words to little-endian ones, or back
  prmt  a, a, a, 0x0123
  prmt  b, b, b, 0x0123
  prmt  c, c, c, 0x0123
  prmt  d, d, d, 0x0123
.endmacro

.macro CLEAR a b c d e f g
  mov   a, 0
  mov   b, 0
  mov   c, 0
  mov   d, 0
  mov   e, 0
  mov   f, 0
  mov   g, 0
.endmacro

.macro BEGIN                        ; a block: its rounds start with the state
  mov   a, s0
  mov   b, s1
  mov   c, s2
  mov   d, s3
  mov   e, s4
  mov   f, s5
  mov   g, s6
  mov   h, s7
.endmacro

.macro FINISH                       ; and what they give is added to it
  add   s0, s0, a
  add   s1, s1, b
  add   s2, s2, c
  add   s3, s3, d
  add   s4, s4, e
  add   s5, s5, f
  add   s6, s6, g
  add   s7, s7, h
.endmacro

  param p, record
  lo    blocks, p
  shru  blocks, blocks, 6
  param p, padded
  lo    t, p
  eq    t, t, 0                     ; whether the padding is to be added
  eq    folded, blocks, 1
  and   folded, folded, t
  xor   u, folded, 1
  and   t, t, u
  add   passes, blocks, t

  index at
  mul   at, at, blocks
  shl   at, at, 2

  mov   s0, 0x6a09e667              ; the square roots of the first eight primes
  mov   s1, 0xbb67ae85
  mov   s2, 0x3c6ef372
  mov   s3, 0xa54ff53a
  mov   s4, 0x510e527f
  mov   s5, 0x9b05688c
  mov   s6, 0x1f83d9ab
  mov   s7, 0x5be0cd19

  loop pass
    ltu   t, n, blocks
    if t
      ld128 m0, records[at]
      ld128 m4, records[at + 1]
      ld128 m8, records[at + 2]
      ld128 m12, records[at + 3]
      add   at, at, 4
      SWAP  m0, m1, m2, m3
      SWAP  m4, m5, m6, m7
      SWAP  m8, m9, m10, m11
      SWAP  m12, m13, m14, m15
    else
      mov   m0, 0x80000000
      CLEAR m1, m2, m3, m4, m5, m6, m7
      CLEAR m8, m9, m10, m11, m12, m13, m14
      shl   m15, blocks, 9          ; the length in bits
    end
    BEGIN
    LOW_STEPS  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
    HIGH_STEPS 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
    NEXT16
    LOW_STEPS  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
    HIGH_STEPS 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
    NEXT16
    LOW_STEPS  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
    HIGH_STEPS 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
    NEXT16
    LOW_STEPS  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
    HIGH_STEPS 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
    FINISH
    add   n, n, 1
    ltu   t, n, passes
    br_if t, pass
  end

  if folded                         ; round constants and schedule of 0x80000000, 14 zeros, 512
    BEGIN
    ROUNDS 0xc28a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
    ROUNDS 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf374
    ROUNDS 0x649b69c1, 0xf0fe4786, 0x0fe1edc6, 0x240cf254, 0x4fe9346f, 0x6cc984be, 0x61b9411e, 0x16f988fa
    ROUNDS 0xf2c65152, 0xa88e5a6d, 0xb019fc65, 0xb9d99ec7, 0x9a1231c3, 0xe70eeaa0, 0xfdb1232b, 0xc7353eb0
    ROUNDS 0x3069bad5, 0xcb976d5f, 0x5a0f118f, 0xdc1eeefd, 0x0a35b689, 0xde0b7a04, 0x58f4ca9d, 0xe15d5b16
    ROUNDS 0x007f3e86, 0x37088980, 0xa507ea32, 0x6fab9537, 0x17406110, 0x0d8cd6f1, 0xcdaa3b6d, 0xc0bbbe37
    ROUNDS 0x83613bda, 0xdb48a363, 0x0b02e931, 0x6fd15ca7, 0x521afaca, 0x31338431, 0x6ed41a95, 0x6d437890
    ROUNDS 0xc39c91f2, 0x9eccabbd, 0xb5c9a0e6, 0x532fb63c, 0xd2c741c6, 0x07237ea3, 0xa4954b68, 0x4c191d76
    FINISH
  end

  SWAP   s0, s1, s2, s3
  SWAP   s4, s5, s6, s7
  sto128 [zero], s0
  sto128 [zero + 1], s4
