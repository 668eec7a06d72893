// SHA-256 of records of one length, one for each thread: examples/kernels/sha256/sha256.mk by hand.
// in0: the records; p0: bytes of a record, a multiple of 64; p1: 0 where their padding is added here.

__constant__ const unsigned CONSTANTS[64] = {
	0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
	0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
	0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
	0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
	0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
	0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
	0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
	0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
};

// Those, plus the schedule of the block that pads a message of 64 bytes: 0x80000000, 14 zeros, 512.
__constant__ const unsigned PADDING[64] = {
	0xc28a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
	0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf374u,
	0x649b69c1u, 0xf0fe4786u, 0x0fe1edc6u, 0x240cf254u, 0x4fe9346fu, 0x6cc984beu, 0x61b9411eu, 0x16f988fau,
	0xf2c65152u, 0xa88e5a6du, 0xb019fc65u, 0xb9d99ec7u, 0x9a1231c3u, 0xe70eeaa0u, 0xfdb1232bu, 0xc7353eb0u,
	0x3069bad5u, 0xcb976d5fu, 0x5a0f118fu, 0xdc1eeefdu, 0x0a35b689u, 0xde0b7a04u, 0x58f4ca9du, 0xe15d5b16u,
	0x007f3e86u, 0x37088980u, 0xa507ea32u, 0x6fab9537u, 0x17406110u, 0x0d8cd6f1u, 0xcdaa3b6du, 0xc0bbbe37u,
	0x83613bdau, 0xdb48a363u, 0x0b02e931u, 0x6fd15ca7u, 0x521afacau, 0x31338431u, 0x6ed41a95u, 0x6d437890u,
	0xc39c91f2u, 0x9eccabbdu, 0xb5c9a0e6u, 0x532fb63cu, 0xd2c741c6u, 0x07237ea3u, 0xa4954b68u, 0x4c191d76u,
};

static __device__ __forceinline__ unsigned rotate(unsigned word, unsigned right)
{
	return __funnelshift_r(word, word, right);
}

static __device__ __forceinline__ void round_of(unsigned *v, unsigned word)
{
	unsigned t = (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + (((v[5] ^ v[6]) & v[4]) ^ v[6]) + v[7] + word;
	unsigned u = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + (((v[0] | v[1]) & v[2]) | (v[0] & v[1]));
	v[7] = v[6];
	v[6] = v[5];
	v[5] = v[4];
	v[4] = v[3] + t;
	v[3] = v[2];
	v[2] = v[1];
	v[1] = v[0];
	v[0] = t + u;
}

// Adds to the state what the rounds of a block make of it.
static __device__ __forceinline__ void compress(unsigned *state, unsigned *m)
{
	unsigned v[8];
	#pragma unroll
	for (unsigned at = 0; at < 8; at++)
		v[at] = state[at];
	#pragma unroll
	for (unsigned at = 0; at < 64; at++) {
		if (at >= 16) {
			unsigned w1 = m[(at + 1) & 15], w14 = m[(at + 14) & 15];
			unsigned s0 = rotate(w1, 7) ^ rotate(w1, 18) ^ (w1 >> 3);
			unsigned s1 = rotate(w14, 17) ^ rotate(w14, 19) ^ (w14 >> 10);
			m[at & 15] += s0 + m[(at + 9) & 15] + s1;
		}
		round_of(v, CONSTANTS[at] + m[at & 15]);
	}
	#pragma unroll
	for (unsigned at = 0; at < 8; at++)
		state[at] += v[at];
}

// The same with the block that pads a message of 64 bytes.
static __device__ __forceinline__ void pad(unsigned *state)
{
	unsigned v[8];
	#pragma unroll
	for (unsigned at = 0; at < 8; at++)
		v[at] = state[at];
	#pragma unroll
	for (unsigned at = 0; at < 64; at++)
		round_of(v, PADDING[at]);
	#pragma unroll
	for (unsigned at = 0; at < 8; at++)
		state[at] += v[at];
}

static __device__ __forceinline__ uint4 swap(uint4 words)
{
	return make_uint4(
		__byte_perm(words.x, 0, 0x0123), __byte_perm(words.y, 0, 0x0123),
		__byte_perm(words.z, 0, 0x0123), __byte_perm(words.w, 0, 0x0123));
}

extern "C" __global__ void __launch_bounds__(128) items(
	unsigned char *__restrict__ out, const unsigned char *__restrict__ in0, const unsigned char *__restrict__ in1,
	unsigned long long len0, unsigned long long len1, unsigned long long p0, unsigned long long p1,
	unsigned long long p2, unsigned long long p3, unsigned long long p4, unsigned items, unsigned count)
{
	unsigned index = blockIdx.x * 128 + threadIdx.x;
	if (index >= count)
		return;
	unsigned blocks = (unsigned)p0 / 64;
	bool pads = (unsigned)p1 == 0, folded = pads && blocks == 1;
	unsigned passes = blocks + (pads && !folded ? 1 : 0), pass = 0;
	const uint4 *record = (const uint4 *)in0 + index * blocks * 4;
	unsigned state[8] = {
		0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u,
	};
	do {
		unsigned m[16];
		#pragma unroll
		for (unsigned at = 0; at < 16; at++)
			m[at] = 0;
		if (pass < blocks) {
			#pragma unroll
			for (unsigned at = 0; at < 4; at++) {
				uint4 words = swap(__ldg(record + (pass * 4 + at)));
				m[at * 4] = words.x;
				m[at * 4 + 1] = words.y;
				m[at * 4 + 2] = words.z;
				m[at * 4 + 3] = words.w;
			}
		} else {
			m[0] = 0x80000000u;
			m[15] = blocks * 512;
		}
		compress(state, m);
		pass++;
	} while (pass < passes);
	if (folded)
		pad(state);
	uint4 *to = (uint4 *)out + index * 2ull;
	to[0] = swap(make_uint4(state[0], state[1], state[2], state[3]));
	to[1] = swap(make_uint4(state[4], state[5], state[6], state[7]));
}
