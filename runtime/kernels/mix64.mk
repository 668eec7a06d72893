; Work for its own sake, as mix32.mk, in 64 bits: what a device is measured with that is asked for the other arithmetic.
;
; Parameters (u64)
;   seed_a, seed_b    what the chain begins with, together with the item's number

.item       1
.params     seed_a seed_b
.max_units  2097152
.max_faults 0

.equ ROUNDS 38100                   ; of 55 units each

.w i t c zero
.d a b e f k

  param   a, seed_a
  param   b, seed_b
  index   i
  zext    k, i
  xor.d   a, a, k
  mov.d   e, 0x1e3779b9
  mov.d   f, 0x7f4a7c15
  mov     t, 0
  mov     i, 0x85ebca6b
  loop chain
    mad.d   a, a, b, e
    rotl.d  b, b, 23
    xor.d   e, e, a
    add.d   f, f, e
    mulwu   k, t, i
    add.d   k, k, 0xd
    mad.d   b, b, f, k
    rotl.d  e, e, 41
    xor.d   f, f, b
    add.d   a, a, f
    mad.d   e, e, a, b
    rotl.d  f, f, 17
    xor.d   a, a, e
    add.d   b, b, a
    mad.d   f, f, b, e
    rotl.d  a, a, 31
    xor.d   b, b, f
    mad.d   a, a, b, e
    rotl.d  b, b, 23
    xor.d   e, e, a
    add.d   f, f, e
    add     t, t, 1
    ltu     c, t, ROUNDS
    br_if   c, chain
  end
  xor.d   a, a, b
  xor.d   e, e, f
  xor.d   a, a, e
  lo      i, a
  hi      c, a
  xor     i, i, c
  sto8    [zero], i
