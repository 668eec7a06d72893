// How often four patterns begin at 256 positions, which are one thread's: examples/kernels/kmer/kmer.mk by hand.
// in0: the sequence; in1: the patterns, 16 bytes each; p0: the letters of each that count.

// Word number `number` of the sequence, which reads as zeros beyond its end.
static __device__ __forceinline__ unsigned word_at(const unsigned char *sequence, unsigned number, unsigned length)
{
	unsigned whole = length / 4;
	if (number < whole)
		return __ldg((const unsigned *)sequence + number);
	unsigned word = 0;
	if (number == whole) {
		for (unsigned at = 0; at < length % 4; at++)
			word |= (unsigned)sequence[number * 4 + at] << at * 8;
	}
	return word;
}

extern "C" __global__ void __launch_bounds__(128) items(
	unsigned char *__restrict__ out, const unsigned char *__restrict__ in0, const unsigned char *__restrict__ in1,
	unsigned long long len0, unsigned long long len1, unsigned long long p0, unsigned long long p1,
	unsigned long long p2, unsigned long long p3, unsigned long long p4, unsigned items, unsigned count)
{
	unsigned index = blockIdx.x * 128 + threadIdx.x;
	if (index >= count)
		return;
	unsigned length = (unsigned)len0, k = min((unsigned)p0, 16u);
	unsigned mask[4], wanted[4][4], counts[4] = {0, 0, 0, 0};
	#pragma unroll
	for (unsigned word = 0; word < 4; word++) {
		int letters = (int)k - 4 * (int)word;
		mask[word] = letters >= 4 ? 0xffffffffu : letters <= 0 ? 0u : (1u << letters * 8) - 1;
	}
	#pragma unroll
	for (unsigned pattern = 0; pattern < 4; pattern++) {
		uint4 words = __ldg((const uint4 *)in1 + pattern);
		wanted[pattern][0] = words.x & mask[0];
		wanted[pattern][1] = words.y & mask[1];
		wanted[pattern][2] = words.z & mask[2];
		wanted[pattern][3] = words.w & mask[3];
	}

	unsigned first = index * 64, window[5];
	#pragma unroll
	for (unsigned word = 0; word < 4; word++)
		window[word] = word_at(in0, first + word, length);
	#pragma unroll 1
	for (unsigned number = 4; number < 68; number++) {
		window[4] = word_at(in0, first + number, length);
		#pragma unroll
		for (unsigned shift = 0; shift < 32; shift += 8) {
			unsigned here[4];
			#pragma unroll
			for (unsigned word = 0; word < 4; word++)
				here[word] = __funnelshift_r(window[word], window[word + 1], shift) & mask[word];
			#pragma unroll
			for (unsigned pattern = 0; pattern < 4; pattern++) {
				unsigned differs = here[0] ^ wanted[pattern][0];
				differs |= here[1] ^ wanted[pattern][1];
				differs |= here[2] ^ wanted[pattern][2];
				differs |= here[3] ^ wanted[pattern][3];
				counts[pattern] += differs == 0;
			}
		}
		#pragma unroll
		for (unsigned word = 0; word < 4; word++)
			window[word] = window[word + 1];
	}
	((uint4 *)out)[index] = make_uint4(counts[0], counts[1], counts[2], counts[3]);
}
