// A GPU's stand-in, slow and exact: the kernels of batch_norm.cu as C++ on a processor.
//
// Every GPU thread is a fibre that runs until it has to wait for others: at a barrier, in a shuffle, for
// another block. Blocks that may wait for each other, those of a cluster or of a cooperative launch, run side
// by side. Fibres take turns in an order that `seed` shuffles, some warps and blocks only when no other can
// go on; shared memory is NaN before and after its block; asynchronous copies land only when they are waited
// for. So a forgotten barrier gives wrong numbers, and one too many is reported as a deadlock.

#pragma once
#define CUDA_ON_CPU

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#define __global__
#define __device__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define CLUSTERS
#define CLUSTER_OF(blocks)
#define SHARED_MEMORY(name) unsigned char* name = me().block->shared

using std::max;
using std::min;

struct dim3 { int x, y, z; };
struct __align__(16) uint4 { unsigned x, y, z, w; };

namespace cuda_on_cpu {

enum Error { NONE, DEADLOCK, MISALIGNED, UNKNOWN_KERNEL };
const size_t STACK = 32 * 1024;

struct Fibre;

struct Barrier {
    int threads = 0, arrived = 0;
    unsigned generation = 0;
    std::vector<Fibre*> waiting;
};

struct Block {
    dim3 index;
    unsigned char* shared;
    size_t size;  // of its shared memory, in bytes
    int running;  // threads that are not done
    Barrier *cluster, barrier;
    std::vector<Barrier> warps;
    std::vector<uint64_t> lanes[2];  // what is shuffled, in turns, so that a fast lane spoils nothing
};

struct Copy { void* to; const void* from; };

struct Fibre {
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[STACK]};
    Block* block;
    int rank;
    bool slow, parity = false;
    unsigned ticket = 0;  // for the cluster's barrier, whose arrival and wait are apart
    std::vector<Copy> copies;
};

struct Machine {
    dim3 grid, block;
    std::vector<std::unique_ptr<Fibre>> fibres;
    std::deque<Fibre*> ready[2];      // the slow ones go on when no other can
    std::vector<Fibre*> watching;     // for a number in memory to change
    Fibre* current;
    ucontext_t home;
    Error error = NONE;
    void (*kernel)(const void*);
    const void* told;
};

inline Machine machine;

inline Fibre& __attribute__((noinline)) fibre() { return *machine.current; }

// Let another fibre go on; if none can, they all wait for each other, or are done.
inline void __attribute__((noinline)) give_way() {
    Fibre& from = fibre();
    auto& ready = machine.ready[machine.ready[0].empty()];
    if (ready.empty()) swapcontext(&from.context, &machine.home);
    machine.current = ready.front();
    ready.pop_front();
    if (&fibre() != &from) swapcontext(&from.context, &fibre().context);
}

inline void wake(std::vector<Fibre*>& waiting) {
    for (Fibre* f : waiting) machine.ready[f->slow].push_back(f);
    waiting.clear();
}

inline void arrive(Barrier& barrier) {
    if (++barrier.arrived < barrier.threads) return;
    barrier.arrived = 0, ++barrier.generation;
    wake(barrier.waiting);
}

inline void wait(Barrier& barrier, unsigned generation) {
    if (barrier.generation != generation) return;
    barrier.waiting.push_back(&fibre());
    give_way();
}

inline void sync(Barrier& barrier) {
    unsigned generation = barrier.generation;
    arrive(barrier);
    wait(barrier, generation);
}

template <class X> X shuffled(X x, int from) {
    Fibre& self = fibre();
    auto& lanes = self.block->lanes[self.parity];
    std::memcpy(&lanes[self.rank], &x, sizeof x);
    self.parity = !self.parity;
    sync(self.block->warps[self.rank / 32]);
    if (from / 32 == 0) std::memcpy(&x, &lanes[self.rank / 32 * 32 + from], sizeof x);
    return x;
}

inline void run() {
    machine.kernel(machine.told);
    Block& block = *fibre().block;
    if (--block.running == 0) std::memset(block.shared, 0xff, block.size);  // it is another block's now
    give_way();
}

// Run blocks [first, last) side by side to their end; `cluster` of them at a time share a barrier.
inline void run_blocks(int first, int last, int cluster, size_t shared, unsigned seed) {
    int threads = machine.block.x;
    size_t size = (shared / 16 + 1) * 16;
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<Block>> blocks;
    std::vector<std::vector<uint4>> memory;
    std::vector<Barrier> clusters((last - first + cluster - 1) / cluster);
    machine.fibres.clear(), machine.watching.clear();
    for (int b = first; b < last; ++b) {
        memory.emplace_back(size / 16);
        std::memset(memory.back().data(), 0xff, size);
        int row = b / machine.grid.x;
        dim3 at = {b % machine.grid.x, row % machine.grid.y, row / machine.grid.y};
        Barrier* side_by_side = &clusters[(b - first) / cluster];
        side_by_side->threads += threads;
        blocks.emplace_back(new Block{at, (unsigned char*)memory.back().data(), size, threads, side_by_side});
        Block& block = *blocks.back();
        block.barrier.threads = threads;
        block.warps.resize(threads / 32);
        for (auto& warp : block.warps) warp.threads = 32;
        for (auto& lanes : block.lanes) lanes.resize(threads);
        bool slow_block = random() % 4 == 0, slow_warp = false;
        for (int t = 0; t < threads; ++t) {
            machine.fibres.emplace_back(new Fibre);
            Fibre& f = *machine.fibres.back();
            if (t % 32 == 0) slow_warp = slow_block || random() % 4 == 0;
            f.block = &block, f.rank = t, f.slow = slow_warp;
            getcontext(&f.context);
            f.context.uc_stack.ss_sp = f.stack.get(), f.context.uc_stack.ss_size = STACK;
            makecontext(&f.context, run, 0);
        }
    }
    std::vector<Fibre*> all;
    for (auto& f : machine.fibres) all.push_back(f.get());
    std::shuffle(all.begin(), all.end(), random);
    wake(all);
    auto& ready = machine.ready[machine.ready[0].empty()];
    machine.current = ready.front();
    ready.pop_front();
    swapcontext(&machine.home, &fibre().context);
    for (auto& block : blocks)
        if (block->running) machine.error = DEADLOCK;
}

struct Entry { const char* name; void (*kernel)(const void*); };

// Launch a kernel of the table; the error, or NONE.
inline int launch(const Entry* table, int size, const char* name, const void* told, const int* grid,
                  int block, size_t shared, int side_by_side, unsigned seed) {
    const Entry* end = table + size;
    const Entry* found = std::find_if(table, end, [&](const Entry& e) { return !std::strcmp(e.name, name); });
    if (found == end) return UNKNOWN_KERNEL;
    machine.kernel = found->kernel, machine.told = told, machine.error = NONE;
    machine.grid = {grid[0], grid[1], grid[2]}, machine.block = {block, 1, 1};
    int blocks = grid[0] * grid[1] * grid[2];
    for (int b = 0; b < blocks && !machine.error; b += side_by_side)
        run_blocks(b, min(b + side_by_side, blocks), side_by_side, shared, seed + b);
    return machine.error;
}

}  // namespace cuda_on_cpu

inline cuda_on_cpu::Fibre& me() { return cuda_on_cpu::fibre(); }

#define threadIdx (dim3{me().rank, 0, 0})
#define blockIdx (me().block->index)
#define blockDim (cuda_on_cpu::machine.block)
#define gridDim (cuda_on_cpu::machine.grid)

inline void __syncthreads() { cuda_on_cpu::sync(me().block->barrier); }
inline void __syncwarp() { cuda_on_cpu::sync(me().block->warps[me().rank / 32]); }

template <class X> X __shfl_xor_sync(unsigned, X x, int step) {
    return cuda_on_cpu::shuffled(x, me().rank % 32 ^ step);
}
template <class X> X __shfl_down_sync(unsigned, X x, int step) {
    return cuda_on_cpu::shuffled(x, me().rank % 32 + step);
}

template <class X> void check_alignment(const X* place) {
    if ((uintptr_t)place % sizeof(X)) cuda_on_cpu::machine.error = cuda_on_cpu::MISALIGNED;
}
template <class X> X __ldg(const X* from) {
    X x;
    check_alignment(from);
    std::memcpy(&x, from, sizeof x);
    return x;
}
template <class X> X __ldcg(const X* from) { return __ldg(from); }
template <class X> void __stcs(X* to, X x) {
    check_alignment(to);
    std::memcpy(to, &x, sizeof x);
}

inline double rsqrt(double x) { return 1 / std::sqrt(x); }

struct Half { _Float16 number; };
inline float real(Half x) { return (float)x.number; }
inline Half half(float x) { return {(_Float16)x}; }

inline void copy_async(void* chip, const void* memory) {
    check_alignment((const uint4*)memory);
    check_alignment((const uint4*)chip);
    me().copies.push_back({chip, memory});
}
inline void wait_for_copies() {
    for (auto& copy : me().copies) std::memcpy(copy.to, copy.from, 16);
    me().copies.clear();
}

inline void announce(unsigned* arrived) {
    ++*arrived;
    cuda_on_cpu::wake(cuda_on_cpu::machine.watching);
}
inline void wait_for(const unsigned* arrived, unsigned blocks) {
    while (*(const volatile unsigned*)arrived < blocks) {
        cuda_on_cpu::machine.watching.push_back(&me());
        cuda_on_cpu::give_way();
    }
}

inline void cluster_arrive() {
    me().ticket = me().block->cluster->generation;
    cuda_on_cpu::arrive(*me().block->cluster);
}
inline void cluster_wait() {
    cuda_on_cpu::wait(*me().block->cluster, me().ticket);
}

// Blocks of a cluster follow one another in the list of fibres.
inline double read_peer(const double* mine, int block) {
    auto& fibres = cuda_on_cpu::machine.fibres;
    int threads = cuda_on_cpu::machine.block.x;
    const unsigned char* theirs = fibres[block * threads]->block->shared;
    double x;
    std::memcpy(&x, theirs + ((const unsigned char*)mine - me().block->shared), sizeof x);
    return x;
}
