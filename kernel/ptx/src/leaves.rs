//! The second kernel: sums units and traps per leaf.

/// The entry point of [`LEAVES_PTX`].
pub const LEAVES: &str = "leaves";

/// A fixed module that sums what [`crate::emit`]'s kernel leaves in `figures`, so that only sums leave the device.
///
/// One thread a leaf of the launch: it adds the low 31 bits of its items' figures to `units[leaf]` (`u64`) and counts
/// their top bits in `traps[leaf]` (`u32`). `count` is the items of the launch, which begins with a leaf; the last leaf
/// may be shorter. `items_per_leaf` is at least 1. Sums of integers have no order, so the result is exact.
pub const LEAVES_PTX: &str = "\
.version 6.3
.target sm_75
.address_size 64

.visible .entry leaves(
	.param .u64 figures,
	.param .u64 units,
	.param .u64 traps,
	.param .u32 count,
	.param .u32 items_per_leaf
)
.maxntid 128, 1, 1
{
	.reg .pred %p<1>;
	.reg .b32 %t<6>;
	.reg .b64 %x<5>;

	mov.u32 %t0, %ctaid.x;
	mov.u32 %t1, %tid.x;
	mad.lo.s32 %t0, %t0, 128, %t1;
	ld.param.u32 %t1, [count];
	ld.param.u32 %t2, [items_per_leaf];
	mul.wide.u32 %x0, %t0, %t2;
	cvt.u64.u32 %x1, %t1;
	setp.ge.u64 %p0, %x0, %x1;
	@%p0 ret;
	sub.s64 %x1, %x1, %x0;
	cvt.u64.u32 %x2, %t2;
	min.u64 %x1, %x1, %x2;
	cvt.u32.u64 %t1, %x1;
	ld.param.u64 %x2, [figures];
	shl.b64 %x0, %x0, 2;
	add.s64 %x2, %x2, %x0;
	mov.b64 %x3, 0;
	mov.b32 %t3, 0;
ITEM:
	ld.global.nc.u32 %t4, [%x2];
	and.b32 %t5, %t4, 2147483647;
	cvt.u64.u32 %x4, %t5;
	add.s64 %x3, %x3, %x4;
	shr.u32 %t5, %t4, 31;
	add.s32 %t3, %t3, %t5;
	add.s64 %x2, %x2, 4;
	sub.s32 %t1, %t1, 1;
	setp.ne.s32 %p0, %t1, 0;
	@%p0 bra ITEM;
	ld.param.u64 %x0, [units];
	mad.wide.u32 %x0, %t0, 8, %x0;
	st.global.u64 [%x0], %x3;
	ld.param.u64 %x0, [traps];
	mad.wide.u32 %x0, %t0, 4, %x0;
	st.global.u32 [%x0], %t3;
	ret;
}
";
