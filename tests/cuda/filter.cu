// The 3 x 3 filter, 16 pixels of a row for each thread: examples/kernels/filter/filter.mk by hand, with two sums in a
// register as there. in0: the picture; p0: items in a row.

static const unsigned LANES = 0x00ff00ffu;

// Adds a row to the sums of the columns.
static __device__ __forceinline__ void add(unsigned *even, unsigned *odd, uint4 pixels, unsigned weight)
{
	even[0] += (pixels.x & LANES) * weight;
	even[1] += (pixels.y & LANES) * weight;
	even[2] += (pixels.z & LANES) * weight;
	even[3] += (pixels.w & LANES) * weight;
	odd[0] += (pixels.x >> 8 & LANES) * weight;
	odd[1] += (pixels.y >> 8 & LANES) * weight;
	odd[2] += (pixels.z >> 8 & LANES) * weight;
	odd[3] += (pixels.w >> 8 & LANES) * weight;
}

// Four pixels from the sums of their columns: left holds the odd ones a column before the even ones, next the even
// ones of the word behind.
static __device__ __forceinline__ unsigned across(unsigned even, unsigned odd, unsigned left, unsigned next)
{
	unsigned low = even * 2 + left + odd;
	unsigned high = odd * 2 + even + __funnelshift_r(even, next, 16);
	return (low >> 4 & LANES) | (high << 4 & ~LANES);
}

extern "C" __global__ void __launch_bounds__(128) items(
	unsigned char *__restrict__ out, const unsigned char *__restrict__ in0, const unsigned char *__restrict__ in1,
	unsigned long long len0, unsigned long long len1, unsigned long long p0, unsigned long long p1,
	unsigned long long p2, unsigned long long p3, unsigned long long p4, unsigned items, unsigned count)
{
	unsigned index = blockIdx.x * 128 + threadIdx.x;
	if (index >= count)
		return;
	unsigned width = (unsigned)p0, col = index % width;
	unsigned rows[3];
	rows[0] = max((int)(index - width), (int)col);
	rows[1] = index;
	rows[2] = index + width < items ? index + width : index;
	// From the first pixel to the one before, and from the last to the one behind, in the picture.
	unsigned left = col == 0 ? 0u : ~0u, right = col + 1 == width ? 15 : 16;

	unsigned even[4] = {0, 0, 0, 0}, odd[4] = {0, 0, 0, 0}, before = 0, behind = 0;
	#pragma unroll
	for (unsigned row = 0; row < 3; row++) {
		unsigned weight = row == 1 ? 2 : 1, at = rows[row] * 16;
		before += __ldg(in0 + (at + left)) * weight;
		behind += __ldg(in0 + (at + right)) * weight;
		add(even, odd, __ldg((const uint4 *)in0 + rows[row]), weight);
	}
	// An odd pixel has an even column on each side, an even one counts its own twice: 8 for the rounding everywhere.
	#pragma unroll
	for (unsigned word = 0; word < 4; word++)
		even[word] += 0x00040004u;
	behind += 4;

	((uint4 *)out)[index] = make_uint4(
		across(even[0], odd[0], (odd[0] << 16) + before, even[1]),
		across(even[1], odd[1], __funnelshift_r(odd[0], odd[1], 16), even[2]),
		across(even[2], odd[2], __funnelshift_r(odd[1], odd[2], 16), even[3]),
		across(even[3], odd[3], __funnelshift_r(odd[2], odd[3], 16), behind));
}
