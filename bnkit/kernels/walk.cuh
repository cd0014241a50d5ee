// How threads get at the entries of a unit: what batch_norm.cu stands on.

#pragma once

// ---- What only a GPU can do. A test that runs the kernels on a processor brings a stand-in for this part.

#ifndef CUDA_ON_CPU

#define SHARED_MEMORY(name) extern __shared__ __align__(16) unsigned char name[]

struct Half { unsigned short bits; };  // CUDA's own half needs a header, which may not be installed

__device__ inline float real(Half x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}

__device__ inline Half half(float x) {
    Half y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
}

// Copy 16 bytes to shared memory without holding up the thread, past its registers and the L1 cache.
__device__ inline void copy_async(void* chip, const void* memory) {
    unsigned place = (unsigned)__cvta_generic_to_shared(chip);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(place), "l"(memory) : "memory");
}

__device__ inline void wait_for_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

// Blocks that take part in one unit tell each other through memory that they have written their share of it.
__device__ inline void announce(unsigned* arrived) {
    asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(arrived) : "memory");
}

__device__ inline void wait_for(const unsigned* arrived, unsigned blocks) {
    unsigned seen;
    do asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(arrived) : "memory");
    while (seen < blocks);
}

#if __CUDA_ARCH__ >= 900  // clusters came with Hopper

#define CLUSTERS
#define CLUSTER_OF(blocks) __cluster_dims__(blocks, 1, 1)

__device__ inline void cluster_arrive() { asm volatile("barrier.cluster.arrive.release;" ::: "memory"); }
__device__ inline void cluster_wait() { asm volatile("barrier.cluster.wait.acquire;" ::: "memory"); }

// Read a number where another block of the cluster keeps it: at the same place of that block's shared memory.
__device__ inline double read_peer(const double* mine, int block) {
    unsigned place = (unsigned)__cvta_generic_to_shared(mine);
    double x;
    asm volatile("mapa.shared::cluster.u32 %0, %0, %1;" : "+r"(place) : "r"(block));
    asm volatile("ld.shared::cluster.f64 %0, [%1];" : "=d"(x) : "r"(place) : "memory");
    return x;
}

#endif
#endif

// ---- Numbers: what is stored as T is computed in Real<T>.

template <class T> struct Computed { typedef T Real; };
template <> struct Computed<Half> { typedef float Real; };
template <class T> using Real = typename Computed<T>::Real;

__device__ inline float real(float x) { return x; }
__device__ inline double real(double x) { return x; }

template <class T> __device__ T stored(Real<T> x) { return x; }
template <> __device__ inline Half stored<Half>(float x) { return half(x); }

// 1 / x for counts, by Newton's steps: dividing doubles is a function call, and a call spills registers.
__device__ inline double inverse(double x) {
    double y = 1 / (float)x;
    for (int step = 0; step < 2; ++step) y *= 2 - x * y;
    return y;
}

__device__ inline bool is_finite(double x) { return x - x == 0; }

// Memory is read and written 16 bytes at a time: 4 floats, 2 doubles or 8 halves.
template <int W> struct Wide { static constexpr int size = W; };
template <class T, int W> struct __align__(sizeof(T) * W) Pack { T of[W]; };

template <int BYTES> struct Word { typedef uint4 Type; };
template <> struct Word<2> { typedef unsigned short Type; };
template <> struct Word<4> { typedef unsigned int Type; };
template <> struct Word<8> { typedef unsigned long long Type; };

template <class T, int W> __device__ Pack<T, W> load(const T* from, Wide<W>) {
    typedef typename Word<sizeof(T) * W>::Type Bytes;
    Bytes bytes = __ldg((const Bytes*)from);
    return *(Pack<T, W>*)&bytes;
}

// A streaming store: what is written is not read again, so it shall not drive out of the cache what will be.
template <class T, int W> __device__ void store(T* to, Pack<T, W> pack) {
    typedef typename Word<sizeof(T) * W>::Type Bytes;
    __stcs((Bytes*)to, *(Bytes*)&pack);
}

// A unit, and how it is dealt out; every field has 8 bytes, so that launch.py can lay the same struct out.
struct Shape {
    long long N, C, L;
    long long parts, part;   // a unit is dealt out to so many blocks, with so many entries each
    long long pitch, slots;  // on chip: from one group's entries to the next, and room for all of them
    long long team;          // so many threads go along one group's entries together
    long long wide;          // whether the arrays start at a multiple of 16 bytes
};

// ---- Who does the work: a team of threads, a block or a warp, and each of its threads' walk along a unit.

struct Scratch {
    double sums[3][32];  // one for each warp
    double message[4];   // what other blocks of the cluster read
    double shared[4];    // what the first thread tells the others
};
static_assert(sizeof(Scratch) == 832, "launch.py leaves as much room");

template <bool WARP> struct Team {
    int rank, size;
    Scratch* scratch;

    __device__ Team(Scratch* scratch)
        : rank(WARP ? threadIdx.x % 32 : threadIdx.x), size(WARP ? 32 : blockDim.x), scratch(scratch) {}

    __device__ void sync() const {
        if (WARP) __syncwarp();
        else __syncthreads();
    }

    // Add up every thread's x, first by shuffles within the warps, then the warps' sums in double.
    template <class R, int K> __device__ void sum(R (&x)[K], double (&total)[K]) const {
        for (int k = 0; k < K; ++k) {
            for (int step = 16; step > 0; step /= 2) x[k] += __shfl_xor_sync(~0u, x[k], step);
            total[k] = x[k];
            if (!WARP && rank % 32 == 0) scratch->sums[k][rank / 32] = total[k];
        }
        if (WARP) return;
        sync();
        for (int k = 0; k < K; ++k) {
            total[k] = rank % 32 < size / 32 ? scratch->sums[k][rank % 32] : 0;
            for (int step = 16; step > 0; step /= 2) total[k] += __shfl_xor_sync(~0u, total[k], step);
        }
        sync();  // the sums may be overwritten from here on
    }

    template <class Values> __device__ Values share(Values values) const {
        if (rank == 0) *(Values*)scratch->shared = values;
        sync();
        return *(Values*)scratch->shared;
    }
};

typedef Team<false> Block;
typedef Team<true> Warp;

struct At {
    long long offset, slot;  // where an entry is in the arrays, and where it waits on chip
};

// The entries of one unit, or of a block's part of it, group after group.
template <class T> struct Walk {
    static constexpr int WIDE = 16 / sizeof(T);
    const Shape& shape;
    long long unit, begin, end, first, last;
    int team, lane, crew, crews;  // a crew is the `team` threads that go along one group together

    // Along a whole unit.
    __device__ Walk(const Shape& shape, long long unit, int rank, int size)
        : shape(shape), unit(unit), begin(0), end(shape.N * shape.L), first(0), last(shape.N - 1),
          team((int)shape.team), lane(rank % team), crew(rank / team), crews(size / team) {}

    // Along one of its parts, which may be empty.
    __device__ Walk(const Shape& shape, long long unit, long long part, int rank, int size)
        : Walk(shape, unit, rank, size) {
        begin = min(part * shape.part, end);
        end = min(begin + shape.part, end);
        if (shape.N > 1) first = begin / shape.L, last = (end - 1) / shape.L;
        if (begin == end) last = first - 1;
    }

    // Where the part starts in a group.
    __device__ long long start(long long group) const { return group == first ? begin - group * shape.L : 0; }

    // On chip an entry lies as far beside a multiple of 16 bytes as in memory.
    __device__ At at(long long group, long long entry) const {
        long long row = (group * shape.C + unit) * shape.L, from = start(group);
        return {row + entry, (group - first) * shape.pitch + (row + from) % WIDE + entry - from};
    }

    __device__ long long count(long long group) const {
        return min(end - group * shape.L, shape.L) - start(group);
    }

    // An entry some eighths along the way: of the groups, and of the entries of that group.
    __device__ At after(int eighths) const {
        long long group = first + (last - first + 1) * eighths / 8;
        return at(group, start(group) + count(group) * eighths / 8);
    }

    // Visit this thread's entries: 16 bytes at a time, and one by one what sticks out at either end.
    template <class Visit> __device__ void each(Visit visit) const {
        for (long long group = first + crew; group <= last; group += crews) {
            long long count = this->count(group);
            At place = at(group, start(group));
            long long head = shape.wide ? min((WIDE - place.offset % WIDE) % WIDE, count) : count;
            long long packs = (count - head) / WIDE, wide_end = head + packs * WIDE;
            for (long long i = lane; i < head + count - wide_end; i += team) {
                long long entry = i < head ? i : i - head + wide_end;
                visit(At{place.offset + entry, place.slot + entry}, Wide<1>());
            }
#pragma unroll(WIDE == 8 ? 2 : 4)
            for (long long i = lane; i < packs; i += team)
                visit(At{place.offset + head + i * WIDE, place.slot + head + i * WIDE}, Wide<WIDE>());
        }
    }
};

// Where a pass reads an entry of its first array, Z, or its second, dZ_tilde: in memory, or on chip.
template <class T> struct InMemory {
    const T* arrays[2];
    template <int W> __device__ Pack<T, W> read(int array, At at, Wide<W> wide) const {
        return load(arrays[array] + at.offset, wide);
    }
};

template <class T> struct OnChip {
    T* slots;
    long long room;
    template <int W> __device__ Pack<T, W> read(int array, At at, Wide<W>) const {
        return *(const Pack<T, W>*)(slots + array * room + at.slot);
    }
};
