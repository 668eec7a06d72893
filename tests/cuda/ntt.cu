// A stage of a transform over the Goldilocks field, four butterflies for each thread: examples/kernels/ntt/ntt.mk by
// hand. in0: the vector; in1: the roots; p0: the stage.

static const unsigned long long MODULUS = 0xffffffff00000001ull;

// For x < p and y <= p.
static __device__ __forceinline__ unsigned long long subtract(unsigned long long x, unsigned long long y)
{
	unsigned long long difference = x - y;
	return x < y ? difference - 0xffffffffull : difference;
}

static __device__ __forceinline__ unsigned long long add(unsigned long long x, unsigned long long y)
{
	return subtract(x, MODULUS - y);
}

// 2^64 is 2^32 - 1, and 2^96 is -1.
static __device__ __forceinline__ unsigned long long multiply(unsigned long long x, unsigned long long y)
{
	unsigned long long low = x * y, high = __umul64hi(x, y);
	unsigned long long reduced = subtract(low, high >> 32);
	unsigned long long sum = reduced + (high & 0xffffffffull) * 0xffffffffull;
	sum += sum < reduced ? 0xffffffffull : 0ull;
	return min(sum, sum - MODULUS);
}

extern "C" __global__ void __launch_bounds__(128) items(
	unsigned char *__restrict__ out, const unsigned char *__restrict__ in0, const unsigned char *__restrict__ in1,
	unsigned long long len0, unsigned long long len1, unsigned long long p0, unsigned long long p1,
	unsigned long long p2, unsigned long long p3, unsigned long long p4, unsigned items, unsigned count)
{
	unsigned index = blockIdx.x * 128 + threadIdx.x;
	if (index >= count)
		return;
	const ulonglong2 *vector = (const ulonglong2 *)in0;
	const unsigned long long *roots = (const unsigned long long *)in1;
	unsigned mask = 0xffffffffu << ((unsigned)p0 & 31);
	unsigned low = index * 2, high = (unsigned)(len0 >> 5) + low;
	#pragma unroll
	for (unsigned pair = 0; pair < 2; pair++) {
		ulonglong2 a = __ldg(vector + (low + pair)), b = __ldg(vector + (high + pair));
		unsigned first = index * 4 + pair * 2;
		unsigned long long root0 = __ldg(roots + (first & mask)), root1 = __ldg(roots + ((first + 1) & mask));
		ulonglong2 *to = (ulonglong2 *)out + index * 4ull + pair * 2;
		to[0] = make_ulonglong2(add(a.x, b.x), multiply(subtract(a.x, b.x), root0));
		to[1] = make_ulonglong2(add(a.y, b.y), multiply(subtract(a.y, b.y), root1));
	}
}
