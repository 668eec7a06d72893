; The Mandelbrot set in fixed point. One item is 16 pixels of one row, left to right, one byte of grey each.
;
; Coordinates are Q4.28: an i32 of which 28 bits are the fraction. Every corner of the view must lie within
; -4 < x, y < 4; then no square below wraps before the escape test sees it.
;
; Parameters (u64; the low 32 bits are used)
;   x0, y0     the point of the first pixel
;   step       the distance between two pixels, both ways
;   width      items in a row: pixels / 16
;   max_iter   iterations after which a point counts as inside, 1 to 255 (larger values act as 255)
;
; Grey of a pixel: 0 inside the set; otherwise 32 * log2(n) with n = iterations + 1, linear between powers of two,
; so that each doubling of the escape time is one step of 32 greys.

.item       16
.params     x0 y0 step width max_iter
.max_units  73881                   ; all 16 pixels inside, at 255 iterations; derived in docs/kernels/mandelbrot.md
.max_faults 0                       ; there are no inputs

.equ PIXELS 16
.equ ESCAPE 0x10000001              ; just above 4.0 in Q6.26: the point escaped iff |z|^2 > 4

.w cx cy step width max             ; the pixel's point, and the parameters
.w x y xx yy                        ; z, and the squares of its parts
.w n px t c                         ; iterations, pixel of the item, temporaries
.d p

  param   p, x0
  lo      cx, p
  param   p, y0
  lo      cy, p
  param   p, step
  lo      step, p
  param   p, width
  lo      width, p
  param   p, max_iter
  lo      max, p
  minu    max, max, 255

  index   t
  divu    c, t, width               ; row
  mad     cy, c, step, cy
  remu    t, t, width               ; item of the row
  mul     t, t, PIXELS
  mad     cx, t, step, cx

  loop pixel
    mov     x, 0
    mov     y, 0
    mov     n, 0
    block escaped
      loop iterate
        mulshrs xx, x, x, 30        ; Q4.28 squared to Q6.26: |z| may reach 6 here, and 36 does not fit Q4.28
        mulshrs yy, y, y, 30
        add     t, xx, yy
        ltu     c, t, ESCAPE
        br_ifz  c, escaped
        mulshrs t, x, y, 27         ; 2xy
        sub     xx, xx, yy
        mad     x, xx, 4, cx        ; back to Q4.28
        add     y, t, cy
        add     n, n, 1
        ltu     c, n, max
        br_if   c, iterate
      end
    end
    ltu     c, n, max               ; 1: escaped, 0: inside
    add     n, n, 1
    clz     t, n
    xor     t, t, 31                ; floor(log2 n)
    shl     xx, n, 5
    shru    xx, xx, t               ; 32 * n / 2^t: 32 to 63
    mad     xx, t, 32, xx
    sub     xx, xx, 32
    mul     xx, xx, c
    sto8    [px], xx
    add     cx, cx, step
    add     px, px, 1
    ltu     c, px, PIXELS
    br_if   c, pixel
  end
