; The product of two matrices of signed bytes, summed in 32 bits: C = A * B^T. One item is a tile of 8 rows and
; 8 columns of C.
;
; Inputs (i8)
;   a          A, m rows of k numbers, row by row; m is a multiple of 8
;   b          B transposed, n rows of k numbers: row j holds column j of the second factor; n is a multiple of 8
; Parameters (u64; the low 32 bits are used)
;   n          rows of b, which are columns of C
;   k          numbers in a row of either: a multiple of 32, up to 4,096
;
; Output: tiles of 8 x 8 i32, little-endian, row by row in a tile; tile t is rows 8 * (t / (n / 8)) on and columns
; 8 * (t mod (n / 8)) on. There are m / 8 * n / 8 of them; those beyond trap.
;
; A tile reads 16 rows side by side, each through a cursor of its own: 32 bytes of each row in a round, of which a step
; takes 16. All 64 sums stay in registers, and each number that is loaded serves eight of them.

.item       256
.inputs     a b
.params     n k
.max_units  142934                  ; k = 4,064; derived in docs/kernels/gemm.md
.max_faults 80                      ; 16 rows of up to 4,096 bytes, of which each touches up to five chunks

; The sums: c25 is row 2, column 5. A row is two runs of four, for sto128.
.w c00 c01 c02 c03 c04 c05 c06 c07
.w c10 c11 c12 c13 c14 c15 c16 c17
.w c20 c21 c22 c23 c24 c25 c26 c27
.w c30 c31 c32 c33 c34 c35 c36 c37
.w c40 c41 c42 c43 c44 c45 c46 c47
.w c50 c51 c52 c53 c54 c55 c56 c57
.w c60 c61 c62 c63 c64 c65 c66 c67
.w c70 c71 c72 c73 c74 c75 c76 c77
; 16 numbers of each row of a, four in a register.
.w x00 x01 x02 x03 x10 x11 x12 x13
.w x20 x21 x22 x23 x30 x31 x32 x33
.w x40 x41 x42 x43 x50 x51 x52 x53
.w x60 x61 x62 x63 x70 x71 x72 x73
.w y0 y1 y2 y3                      ; 16 numbers of a row of b
.w a0 a1 a2 a3 a4 a5 a6 a7          ; where the rows are, in units of 16 bytes
.w b0 b1 b2 b3 b4 b5 b6 b7
.w steps                            ; of a row: k / 16
.w j                                ; the next of them
.w t u zero
.d p

; sum += the product of 16 numbers of a and the 16 of y
.macro DOT sum x0 x1 x2 x3
  dp4a.ss sum, x0, y0, sum
  dp4a.ss sum, x1, y1, sum
  dp4a.ss sum, x2, y2, sum
  dp4a.ss sum, x3, y3, sum
.endmacro

; A column of the tile: 16 numbers of a row of b with those of all rows of a.
.macro COLUMN row cursor offset c0 c1 c2 c3 c4 c5 c6 c7
  ld128 y0, b[row + offset]:cursor
  DOT   c0, x00, x01, x02, x03
  DOT   c1, x10, x11, x12, x13
  DOT   c2, x20, x21, x22, x23
  DOT   c3, x30, x31, x32, x33
  DOT   c4, x40, x41, x42, x43
  DOT   c5, x50, x51, x52, x53
  DOT   c6, x60, x61, x62, x63
  DOT   c7, x70, x71, x72, x73
.endmacro

; 16 numbers of each row, offset steps from where the rows stand.
.macro STEP offset
  ld128 x00, a[a0 + offset]:0
  ld128 x10, a[a1 + offset]:1
  ld128 x20, a[a2 + offset]:2
  ld128 x30, a[a3 + offset]:3
  ld128 x40, a[a4 + offset]:4
  ld128 x50, a[a5 + offset]:5
  ld128 x60, a[a6 + offset]:6
  ld128 x70, a[a7 + offset]:7
  COLUMN b0, 0, offset, c00, c10, c20, c30, c40, c50, c60, c70
  COLUMN b1, 1, offset, c01, c11, c21, c31, c41, c51, c61, c71
  COLUMN b2, 2, offset, c02, c12, c22, c32, c42, c52, c62, c72
  COLUMN b3, 3, offset, c03, c13, c23, c33, c43, c53, c63, c73
  COLUMN b4, 4, offset, c04, c14, c24, c34, c44, c54, c64, c74
  COLUMN b5, 5, offset, c05, c15, c25, c35, c45, c55, c65, c75
  COLUMN b6, 6, offset, c06, c16, c26, c36, c46, c56, c66, c76
  COLUMN b7, 7, offset, c07, c17, c27, c37, c47, c57, c67, c77
.endmacro

; The rows of a tile: their starts are stride apart.
.macro ROWS r0 r1 r2 r3 r4 r5 r6 r7 first stride
  mov   r0, first
  add   r1, r0, stride
  add   r2, r1, stride
  add   r3, r2, stride
  add   r4, r3, stride
  add   r5, r4, stride
  add   r6, r5, stride
  add   r7, r6, stride
.endmacro

.macro ADVANCE r0 r1 r2 r3 r4 r5 r6 r7
  add   r0, r0, 2
  add   r1, r1, 2
  add   r2, r2, 2
  add   r3, r3, 2
  add   r4, r4, 2
  add   r5, r5, 2
  add   r6, r6, 2
  add   r7, r7, 2
.endmacro

  param p, k
  lo    steps, p
  shru  steps, steps, 4
  param p, n
  lo    t, p
  shru  t, t, 3                     ; tiles in a row of tiles
  index j
  divu  u, j, t                     ; row of tiles
  mul   t, u, t
  sub   t, j, t                     ; column of tiles
  shl   u, u, 3
  mul   u, u, steps
  ROWS  a0, a1, a2, a3, a4, a5, a6, a7, u, steps
  shl   t, t, 3
  mul   t, t, steps
  ROWS  b0, b1, b2, b3, b4, b5, b6, b7, t, steps
  mov   j, 0

  loop round
    STEP  0
    STEP  1
    ADVANCE a0, a1, a2, a3, a4, a5, a6, a7
    ADVANCE b0, b1, b2, b3, b4, b5, b6, b7
    add   j, j, 2
    ltu   t, j, steps
    br_if t, round
  end

  sto128 [zero + 0], c00
  sto128 [zero + 1], c04
  sto128 [zero + 2], c10
  sto128 [zero + 3], c14
  sto128 [zero + 4], c20
  sto128 [zero + 5], c24
  sto128 [zero + 6], c30
  sto128 [zero + 7], c34
  sto128 [zero + 8], c40
  sto128 [zero + 9], c44
  sto128 [zero + 10], c50
  sto128 [zero + 11], c54
  sto128 [zero + 12], c60
  sto128 [zero + 13], c64
  sto128 [zero + 14], c70
  sto128 [zero + 15], c74
