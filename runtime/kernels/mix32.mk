; Work for its own sake: a chain of 32-bit multiplications, additions, rotations and exclusive ors.
;
; What a device is measured with. Each step needs the one before, the seed is known to nobody before it is drawn, and
; one byte an item is all that comes out, so nothing of it can be prepared, left out, or told from less than all of it.
; One item is a leaf of its own: 2^21 units, the most that may be disputed at once.
;
; Parameters (u64)
;   seed_a, seed_b    what the chain begins with, together with the item's number

.item       1
.params     seed_a seed_b
.max_units  2097152
.max_faults 0

.equ ROUNDS 65500                   ; of 32 units each

.w a b c e i t zero
.d s

  index   i
  param   s, seed_a
  lo      a, s
  hi      b, s
  param   s, seed_b
  lo      c, s
  hi      e, s
  xor     a, a, i
  mov     t, 0
  loop chain
    mad     a, a, 0x9e3779b1, b
    rotl    b, b, 13
    xor     c, c, a
    add     e, e, c
    mad     b, b, 0x85ebca6b, e
    rotl    c, c, 9
    xor     e, e, b
    add     a, a, e
    mad     c, c, 0xc2b2ae35, a
    rotl    e, e, 7
    xor     a, a, c
    add     b, b, a
    mad     e, e, 0x27d4eb2f, b
    rotl    a, a, 18
    xor     b, b, e
    mad     a, a, 0x9e3779b1, b
    rotl    b, b, 13
    xor     c, c, a
    add     e, e, c
    mad     b, b, 0x85ebca6b, e
    rotl    c, c, 9
    xor     e, e, b
    add     a, a, e
    mad     c, c, 0xc2b2ae35, a
    rotl    e, e, 7
    xor     a, a, c
    add     b, b, a
    mad     e, e, 0x27d4eb2f, b
    rotl    a, a, 18
    add     t, t, 1
    ltu     i, t, ROUNDS
    br_if   i, chain
  end
  xor     a, a, b
  xor     a, a, c
  xor     a, a, e
  sto8    [zero], a
