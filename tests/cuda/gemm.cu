// A product of matrices of signed bytes, a tile of 8 x 8 sums for each thread: examples/kernels/gemm/gemm.mk by hand.
// in0: rows of A; in1: rows of B, transposed; p0: rows of B; p1: numbers in a row of either.

extern "C" __global__ void __launch_bounds__(128) items(
	unsigned char *__restrict__ out, const unsigned char *__restrict__ in0, const unsigned char *__restrict__ in1,
	unsigned long long len0, unsigned long long len1, unsigned long long p0, unsigned long long p1,
	unsigned long long p2, unsigned long long p3, unsigned long long p4, unsigned items, unsigned count)
{
	unsigned index = blockIdx.x * 128 + threadIdx.x;
	if (index >= count)
		return;
	unsigned tiles = (unsigned)p0 / 8, steps = (unsigned)p1 / 16;
	const int4 *a = (const int4 *)in0 + index / tiles * 8 * steps;
	const int4 *b = (const int4 *)in1 + index % tiles * 8 * steps;
	int sums[8][8];
	#pragma unroll
	for (unsigned row = 0; row < 8; row++) {
		#pragma unroll
		for (unsigned column = 0; column < 8; column++)
			sums[row][column] = 0;
	}
	#pragma unroll 2
	for (unsigned step = 0; step < steps; step++) {
		int4 x[8];
		#pragma unroll
		for (unsigned row = 0; row < 8; row++)
			x[row] = __ldg(a + (row * steps + step));
		#pragma unroll
		for (unsigned column = 0; column < 8; column++) {
			int4 y = __ldg(b + (column * steps + step));
			#pragma unroll
			for (unsigned row = 0; row < 8; row++) {
				int sum = sums[row][column];
				sum = __dp4a(x[row].x, y.x, sum);
				sum = __dp4a(x[row].y, y.y, sum);
				sum = __dp4a(x[row].z, y.z, sum);
				sums[row][column] = __dp4a(x[row].w, y.w, sum);
			}
		}
	}
	int4 *to = (int4 *)out + index * 16ull;
	#pragma unroll
	for (unsigned row = 0; row < 8; row++) {
		to[row * 2] = make_int4(sums[row][0], sums[row][1], sums[row][2], sums[row][3]);
		to[row * 2 + 1] = make_int4(sums[row][4], sums[row][5], sums[row][6], sums[row][7]);
	}
}
