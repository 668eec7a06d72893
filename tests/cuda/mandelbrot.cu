// The Mandelbrot set, 16 pixels of a row for each thread: examples/kernels/mandelbrot/mandelbrot.mk by hand.
// p0, p1: the point of the first pixel; p2: the distance between two; p3: items in a row; p4: most iterations.

// Rounded down, of two numbers in fixed point.
static __device__ __forceinline__ unsigned product(unsigned a, unsigned b, unsigned shift)
{
	return (unsigned)(((long long)(int)a * (int)b) >> shift);
}

static __device__ __forceinline__ unsigned grey(unsigned cx, unsigned cy, unsigned most)
{
	unsigned x = 0, y = 0, n = 0;
	while (n < most) {
		unsigned xx = product(x, x, 30), yy = product(y, y, 30);
		if (xx + yy > 0x10000000u)
			break;
		y = product(x, y, 27) + cy;
		x = (xx - yy) * 4 + cx;
		n++;
	}
	if (n >= most)
		return 0;
	unsigned octave = 31 - __clz(n + 1);
	return ((n + 1) * 32 >> octave) + 32 * octave - 32;
}

extern "C" __global__ void __launch_bounds__(128) items(
	unsigned char *__restrict__ out, const unsigned char *__restrict__ in0, const unsigned char *__restrict__ in1,
	unsigned long long len0, unsigned long long len1, unsigned long long p0, unsigned long long p1,
	unsigned long long p2, unsigned long long p3, unsigned long long p4, unsigned items, unsigned count)
{
	unsigned index = blockIdx.x * 128 + threadIdx.x;
	if (index >= count)
		return;
	unsigned step = (unsigned)p2, width = (unsigned)p3, most = min((unsigned)p4, 255u);
	unsigned cx = (unsigned)p0 + index % width * 16 * step;
	unsigned cy = (unsigned)p1 + index / width * step;
	unsigned words[4];
	#pragma unroll
	for (unsigned word = 0; word < 4; word++) {
		words[word] = 0;
		#pragma unroll 1
		for (unsigned shift = 0; shift < 32; shift += 8) {
			words[word] |= grey(cx, cy, most) << shift;
			cx += step;
		}
	}
	((uint4 *)out)[index] = make_uint4(words[0], words[1], words[2], words[3]);
}
