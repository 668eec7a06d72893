; Smooths a grey picture. One item is 16 pixels of one row, left to right. Each becomes the weighted mean of itself and
; its eight neighbours:
;
;   1 2 1
;   2 4 2      the sum of weight * pixel, plus 8, divided by 16 and rounded down: to the nearest, halves up
;   1 2 1
;
; Input
;   picture    one byte a pixel, row by row; the pixels of a row are a multiple of 16
; Parameter
;   width      items in a row: pixels / 16, from 1 to 2^28
;
; The picture is what the items cover: items / width rows. Where a neighbour would lie outside of it, the nearest pixel
; inside is taken, as if the edge went on. Addresses alone decide that: every load is in range, nothing is masked and
; no branch is taken. An input that ends before the picture does makes the items trap that would read beyond it.
;
; The weights are 1 2 1 down times 1 2 1 across, so three rows are summed first, then three columns. No sum reaches
; 2^12: a register holds two, in lanes of 16 bits, and nothing is carried from one to the other. Of word number k of
; the 16 bytes, the even sums are those of pixels 4k (low lane) and 4k + 2, the odd ones those of 4k + 1 and 4k + 3.

.item       16
.inputs     picture
.params     width
.max_units  1035                    ; 267 whatever the pixels are, and 6 faults; derived in docs/kernels/filter.md
.max_faults 6                       ; a row's 18 pixels lie in two chunks at most

.equ LANES 0x00ff00ff               ; the even bytes of a word, alone in their lanes

.w i col width                      ; the item, its place in the row, items in a row
.w up down                          ; the items of the same columns, in the row above and in the row below
.w left right                       ; from the first pixel to the one before, from the last to the one behind
.w q0 q1 q2 q3                      ; 16 pixels of a row, in the end those of the output; four in a row, for ld128
.w e0 e1 e2 e3                      ; sums of the even columns
.w o0 o1 o2 o3                      ; sums of the odd columns
.w before behind                    ; sums of the column before the 16, which is odd, and of the one behind, even
.w t u zero
.d p

; The pixels of an item to q0 to q3, with the one before them and the one behind. Each row is read from left to right,
; so that it needs no chunk a second time.
.macro READ item first last
  mad     t, item, 16, left
  ld8u    first, picture[t]
  ld128   q0, picture[item]
  mad     t, item, 16, right
  ld8u    last, picture[t + 15]
.endmacro

; A word of the row above begins its columns' sums; one of the row itself counts twice, one of the row below once.
.macro BEGIN q even odd
  and     even, q, LANES
  shru    odd, q, 8
  and     odd, odd, LANES
.endmacro

.macro ADD_TWICE q even odd
  and     t, q, LANES
  mad     even, t, 2, even
  shru    t, q, 8
  and     t, t, LANES
  mad     odd, t, 2, odd
.endmacro

.macro ADD q even odd
  and     t, q, LANES
  add     even, even, t
  shru    t, q, 8
  and     t, t, LANES
  add     odd, odd, t
.endmacro

; Four pixels from their columns. The right neighbours of the even ones are the odd ones of their word, the left ones
; are the same a lane higher, in t. The left neighbours of the odd ones are the even ones, the right ones are the same
; a lane lower, with the first of the next word. Bits that a shift brings in from the other lane are masked away.
.macro ACROSS q even odd next
  mad     t, even, 2, t
  add     t, t, odd
  shru    t, t, 4
  and     t, t, LANES
  fshr    u, even, 16, next
  mad     u, odd, 2, u
  add     u, u, even
  shl     u, u, 4                   ; 4 down for the division, 8 up to an odd byte
  and     u, u, 0xff00ff00
  or      q, t, u
.endmacro

  index   i
  param   p, width
  lo      width, p
  remu    col, i, width

  sub     up, i, width
  maxs    up, up, col               ; below 0 in the first row, where i = col: the row itself
  add     down, i, width
  items   t
  ltu     t, down, t
  sel     down, down, i, t          ; and so is what follows the last row
  eq      left, col, 0
  sub     left, left, 1             ; -1; 0 in the first item of a row
  add     right, col, 1
  ne      right, right, width       ; 1; 0 in the last item of a row

  READ    up, before, behind
  BEGIN   q0, e0, o0
  BEGIN   q1, e1, o1
  BEGIN   q2, e2, o2
  BEGIN   q3, e3, o3

  READ    i, u, t
  mad     before, u, 2, before
  mad     behind, t, 2, behind
  ADD_TWICE q0, e0, o0
  ADD_TWICE q1, e1, o1
  ADD_TWICE q2, e2, o2
  ADD_TWICE q3, e3, o3

  READ    down, u, t
  add     before, before, u
  add     behind, behind, t
  ADD     q0, e0, o0
  ADD     q1, e1, o1
  ADD     q2, e2, o2
  ADD     q3, e3, o3

  ; The 8 of the rounding: an even pixel counts its own column twice, an odd one has an even column on each side. So 4
  ; in each even column is 8 everywhere.
  add     e0, e0, 0x00040004
  add     e1, e1, 0x00040004
  add     e2, e2, 0x00040004
  add     e3, e3, 0x00040004
  add     behind, behind, 4

  mad     t, o0, 0x10000, before
  ACROSS  q0, e0, o0, e1
  fshr    t, o0, 16, o1
  ACROSS  q1, e1, o1, e2
  fshr    t, o1, 16, o2
  ACROSS  q2, e2, o2, e3
  fshr    t, o2, 16, o3
  ACROSS  q3, e3, o3, behind
  sto128  [zero], q0
