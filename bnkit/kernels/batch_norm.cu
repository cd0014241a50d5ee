// Batch norm on a GPU: a ladder of kernels, from the plain one to the fast ones.
//
// A GPU computes faster than it can read: for batch norm only the bytes count that go between its memory and
// its multiprocessors. The floor is to read Z once and to write the result once; going back, to read Z and
// dZ_tilde once and to write dZ once. Each rung opens with the one idea that it adds:
//
//   plain     a block of threads for each unit                        3 reads, 1 write
//   fused     both sums in one pass, around a pivot                   2 reads, 1 write
//   on chip   the unit's entries wait in shared memory                1 read,  1 write
//   warps     short units: one for each warp, without barriers        1 read,  1 write
//   cluster   one unit in the shared memories of several blocks       1 read,  1 write
//   split     one unit on a share of the whole chip, Chan's merge     1 read,  1 write
//
// Which one a shape gets, and with how many threads, is decided in launch.py. Arrays have the shape
// (N, C, L): N groups of C units with L entries each, in C order. A matrix is one group; images are a group
// each. A kernel is told what pass to make, as in on_chip<Forward<float, true>>: float entries, with ReLU.

#include "walk.cuh"

// ---- The two passes. On every rung, a pass first finds something out about a unit: its moments going
// forward, three sums going back. What several blocks found can be merged. Then it finishes, entry by entry.

struct Moments {
    double count, mean, m2;  // m2 is the sum of squared deviations from the mean
};

// Chan's merge: the moments of two parts together, without looking at their entries again.
__device__ inline Moments merge(Moments a, Moments b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    double count = a.count + b.count, distance = b.mean - a.mean, share = b.count * inverse(count);
    return {count, a.mean + distance * share, a.m2 + b.m2 + distance * distance * a.count * share};
}

// Both sums in one pass. Around 0 the difference of squares would lose every digit of the variance where the
// mean is large; around something near the mean it loses none.
template <class T, class Team, class Source>
__device__ Moments moments_around(Real<T> shift, const Team& team, const Walk<T>& walk, Source source) {
    Real<T> sums[2] = {0, 0};
    walk.each([&](At at, auto wide) {
        auto z = source.read(0, at, wide);
        for (int i = 0; i < wide.size; ++i) {
            Real<T> deviation = real(z.of[i]) - shift;
            sums[0] += deviation;
            sums[1] += deviation * deviation;
        }
    });
    double total[2], count = (double)(walk.end - walk.begin);
    team.sum(sums, total);
    double offset = total[0] * inverse(count), m2 = total[1] - total[0] * offset;
    m2 = m2 < 0 ? 0 : m2;
    return {count, m2 == m2 ? (double)shift + offset : m2, m2};  // an infinite entry leaves no mean either
}

// The mean of 8 entries from all over the unit, each thread reading one of them. Of 8 equal ones it is exact.
template <class T, class Source> __device__ Real<T> pivot(int rank, const Walk<T>& walk, Source source) {
    Real<T> eighth = real(source.read(0, walk.after(rank % 8), Wide<1>()).of[0]) / 8;
    for (int step = 1; step < 8; step *= 2) eighth += __shfl_xor_sync(~0u, eighth, step);
    return eighth;
}

template <class R> struct Affine { R scale, center, shift; };

template <bool RELU, class T, class Source>
__device__ void apply(Affine<Real<T>> f, const Walk<T>& walk, Source source, T* out) {
    walk.each([&](At at, auto wide) {
        auto z = source.read(0, at, wide);
        for (int i = 0; i < wide.size; ++i) {
            Real<T> y = f.scale * (real(z.of[i]) - f.center) + f.shift;
            z.of[i] = stored<T>(RELU && y < 0 ? 0 : y);  // a NaN is not below 0, and stays
        }
        store(out + at.offset, z);
    });
}

template <class T, bool RELU> struct Forward {
    typedef T Entry;
    typedef Moments Found;
    static constexpr int ARRAYS = 1;
    struct Known { Real<T> gamma, beta; };

    Shape shape;
    const T* Z;
    T* out;
    const Real<T>*gamma, *beta;
    Real<T>*mu, *inv_std;
    const Real<T>*old_mu, *old_sigma2;  // null, or the running statistics to move
    Real<T>*new_mu, *new_sigma2;
    double eps, decay;
    double* messages;  // between the blocks of a split unit
    unsigned* arrived;

    __device__ InMemory<T> in_memory() const { return {{Z, nullptr}}; }
    __device__ Known known(long long unit) const { return {gamma[unit], beta[unit]}; }

    template <class Team, class Source>
    __device__ Moments find(Known, const Team& team, const Walk<T>& walk, Source source) const {
        if (walk.begin == walk.end) return {0, 0, 0};
        Real<T> shift = pivot(team.rank, walk, source);
        Moments found = moments_around(shift, team, walk, source);
        double offset = found.mean - shift;
        if (offset * offset * found.count > found.m2)  // a pivot beside an outlier: look again, from the mean
            found = moments_around((Real<T>)found.mean, team, walk, source);
        return found;
    }

    template <class Team, class Source>
    __device__ void finish(Known known, Moments whole, const Team& team, const Walk<T>& walk, Source source,
                           bool writes) const {
        Affine<Real<T>> f = {0, 0, 0};
        if (team.rank == 0) f = affine(known, whole, walk.unit, writes);
        apply<RELU>(team.share(f), walk, source, out);
    }

    // Z - center keeps its digits; what rounding has cut off the mean goes into the shift.
    __device__ Affine<Real<T>> affine(Known known, Moments whole, long long unit, bool writes) const {
        typedef Real<T> R;
        double sigma2 = whole.m2 * inverse(whole.count), deviation = rsqrt(sigma2 + eps);
        double scale = known.gamma * deviation;
        R center = (R)whole.mean;
        if (writes) mu[unit] = center, inv_std[unit] = (R)deviation;
        if (writes && old_mu) {
            new_mu[unit] = (R)(decay * old_mu[unit] + (1 - decay) * whole.mean);
            new_sigma2[unit] = (R)(decay * old_sigma2[unit] + (1 - decay) * sigma2);
        }
        return {(R)scale, center, (R)(known.beta - scale * (whole.mean - center))};
    }
};

struct Sums {
    double g, gd, d;  // of the gradient, of gradient times deviation, and of the deviation Z - mu
};

__device__ inline Sums merge(Sums a, Sums b) { return {a.g + b.g, a.gd + b.gd, a.d + b.d}; }

template <class T, bool RELU> struct Backward {
    typedef T Entry;
    typedef Sums Found;
    static constexpr int ARRAYS = 2;
    struct Known { Real<T> mu, inv_std, scale, beta; };
    struct Linear { Real<T> scale, along, constant; };

    Shape shape;
    const T *dZ_tilde, *Z;
    T* out;
    const Real<T>*gamma, *beta, *mu, *inv_std;
    Real<T>*dgamma, *dbeta;
    double* messages;
    unsigned* arrived;

    __device__ InMemory<T> in_memory() const { return {{Z, dZ_tilde}}; }
    __device__ Known known(long long unit) const {
        return {mu[unit], inv_std[unit], gamma[unit] * inv_std[unit], RELU ? beta[unit] : 0};
    }

    // With ReLU, the gradient counts where ReLU let something through.
    __device__ static Real<T> gradient(Known known, T g, Real<T> deviation) {
        return !RELU || known.scale * deviation + known.beta > 0 ? real(g) : 0;
    }

    template <class Team, class Source>
    __device__ Sums find(Known known, const Team& team, const Walk<T>& walk, Source source) const {
        Real<T> sums[3] = {0, 0, 0};
        walk.each([&](At at, auto wide) {
            auto z = source.read(0, at, wide), g = source.read(1, at, wide);
            for (int i = 0; i < wide.size; ++i) {
                Real<T> deviation = real(z.of[i]) - known.mu, dz = gradient(known, g.of[i], deviation);
                sums[0] += dz;
                sums[1] += dz * deviation;
                sums[2] += deviation;
            }
        });
        double total[3];
        team.sum(sums, total);
        return {total[0], total[1], total[2]};
    }

    template <class Team, class Source>
    __device__ void finish(Known known, Sums whole, const Team& team, const Walk<T>& walk, Source source,
                           bool writes) const {
        Linear f = {0, 0, 0};
        if (team.rank == 0) f = linear(known, whole, walk.unit, writes);
        f = team.share(f);
        walk.each([&](At at, auto wide) {
            auto z = source.read(0, at, wide), g = source.read(1, at, wide);
            for (int i = 0; i < wide.size; ++i) {
                Real<T> deviation = real(z.of[i]) - known.mu, dz = gradient(known, g.of[i], deviation);
                z.of[i] = stored<T>(f.scale * dz + (f.along * deviation + f.constant));
            }
            store(out + at.offset, z);
        });
    }

    // dZ = scale * dZ_tilde + along * (Z - mu) + constant. The mean of Z - mu is what rounding has cut off
    // mu; Z_norm is taken around the true mean.
    __device__ Linear linear(Known known, Sums whole, long long unit, bool writes) const {
        typedef Real<T> R;
        double share = inverse((double)(shape.N * shape.L)), rest = whole.d * share, scale = known.scale;
        double gd = is_finite(whole.g) ? whole.gd - rest * whole.g : whole.gd;  // infinity stays what it is
        double dg = known.inv_std * gd, along = -scale * known.inv_std * dg * share;
        double constant = -scale * whole.g * share - (is_finite(along) ? along * rest : 0);
        if (writes) dgamma[unit] = (R)dg, dbeta[unit] = (R)whole.g;
        return {known.scale, (R)along, (R)constant};
    }
};

// ---- Plain. A block of threads for each unit goes over it as the formulas do: for the mean, for the
// variance (the deviations' own mean makes up for the mean's rounding), and to normalize. 3 reads, 1 write.

template <class Pass> __global__ void __launch_bounds__(512, 1) plain(Pass pass) {
    typedef typename Pass::Entry T;
    SHARED_MEMORY(chip);
    Block team((Scratch*)chip);
    Walk<T> walk(pass.shape, blockIdx.x, team.rank, team.size);
    auto source = pass.in_memory();
    Real<T> first = real(source.read(0, walk.after(0), Wide<1>()).of[0]), sum[1] = {0};
    walk.each([&](At at, auto wide) {
        auto z = source.read(0, at, wide);
        for (int i = 0; i < wide.size; ++i) sum[0] += real(z.of[i]) - first;
    });
    double total[1];
    team.sum(sum, total);
    Real<T> mean = (Real<T>)(first + total[0] * inverse((double)walk.end));
    pass.finish(pass.known(blockIdx.x), moments_around(mean, team, walk, source), team, walk, source, true);
}

// ---- Fused. Both sums in one pass around a pivot; a second look is needed only where the pivot was a bad
// one. 2 reads, 1 write. Going back, one pass finds all sums by nature, so that the ladder starts here.

template <class Pass> __global__ void __launch_bounds__(512, 1) fused(Pass pass) {
    SHARED_MEMORY(chip);
    Block team((Scratch*)chip);
    Walk<typename Pass::Entry> walk(pass.shape, blockIdx.x, team.rank, team.size);
    auto source = pass.in_memory();
    auto known = pass.known(blockIdx.x);
    pass.finish(known, pass.find(known, team, walk, source), team, walk, source, true);
}

// ---- On chip. The unit is copied into shared memory, all of it in flight at once, and every look after the
// first costs nothing that counts. Several blocks live on one multiprocessor: while one waits, others load.

template <class Pass, class T>
__device__ OnChip<T> fetch(const Pass& pass, const Walk<T>& walk, Scratch* scratch) {
    OnChip<T> source = {(T*)(scratch + 1), pass.shape.slots};
    for (int k = 0; k < Pass::ARRAYS; ++k) {
        const T* array = pass.in_memory().arrays[k];
        walk.each([&](At at, auto wide) {
            T* slot = source.slots + k * source.room + at.slot;
            if (wide.size == 1) *slot = load(array + at.offset, Wide<1>()).of[0];
            else copy_async(slot, array + at.offset);
        });
    }
    return source;
}

template <class Pass, class Team>
__device__ void unit_on_chip(const Pass& pass, long long unit, const Team& team) {
    Walk<typename Pass::Entry> walk(pass.shape, unit, team.rank, team.size);
    auto source = fetch(pass, walk, team.scratch);
    auto known = pass.known(unit);
    wait_for_copies();
    team.sync();
    pass.finish(known, pass.find(known, team, walk, source), team, walk, source, true);
}

template <class Pass> __global__ void __launch_bounds__(512, 2) on_chip(Pass pass) {
    SHARED_MEMORY(chip);
    unit_on_chip(pass, blockIdx.x, Block((Scratch*)chip));
}

// ---- Warps. Short units: each warp takes one, with its own corner of the shared memory. Threads of a warp
// agree by shuffles, so nobody waits at a barrier.

template <class Pass> __global__ void __launch_bounds__(256, 4) warps(Pass pass) {
    SHARED_MEMORY(chip);
    int warp = threadIdx.x / 32;
    long long unit = (long long)blockIdx.x * (blockDim.x / 32) + warp;
    size_t corner = sizeof(Scratch) + Pass::ARRAYS * pass.shape.slots * sizeof(typename Pass::Entry);
    if (unit < pass.shape.C) unit_on_chip(pass, unit, Warp((Scratch*)(chip + warp * corner)));
}

// ---- Cluster. A unit too long for one block's shared memory is dealt out to up to 8 blocks. The hardware
// runs them side by side and lets each read the others' shared memory, where they leave what they found.

// What several blocks have found, merged by the first warp of each of them in the same order.
template <class Found, class Read> __device__ Found merged(const Block& team, int blocks, Read read) {
    Found mine = {0, 0, 0};
    if (team.rank < 32) {
        for (int block = team.rank; block < blocks; block += 32) mine = merge(mine, read(block));
        for (int step = 16; step > 0; step /= 2) {
            double other[3], *own = (double*)&mine;
            for (int i = 0; i < 3; ++i) other[i] = __shfl_down_sync(~0u, own[i], step);
            mine = merge(mine, Found{other[0], other[1], other[2]});
        }
    }
    return team.share(mine);
}

#ifdef CLUSTERS

template <class Pass, int BLOCKS>
__global__ void CLUSTER_OF(BLOCKS) __launch_bounds__(512, 2) cluster(Pass pass) {
    typedef typename Pass::Found Found;
    SHARED_MEMORY(chip);
    Block team((Scratch*)chip);
    int part = blockIdx.x % BLOCKS;
    Walk<typename Pass::Entry> walk(pass.shape, blockIdx.x / BLOCKS, part, team.rank, team.size);
    auto source = fetch(pass, walk, team.scratch);
    auto known = pass.known(walk.unit);
    wait_for_copies();
    team.sync();
    Found mine = pass.find(known, team, walk, source);
    double* message = team.scratch->message;
    if (team.rank == 0) *(Found*)message = mine;
    cluster_arrive();
    cluster_wait();
    Found whole = merged<Found>(team, BLOCKS, [&](int block) -> Found {
        return {read_peer(message, block), read_peer(message + 1, block), read_peer(message + 2, block)};
    });
    cluster_arrive();
    pass.finish(known, whole, team, walk, source, part == 0);
    cluster_wait();  // no block may leave while another still reads its message
}

#endif

// ---- Split. The longest units are dealt out to a share of all multiprocessors. The grid is as large as fits
// on the chip at once, so its blocks may wait for each other; they leave what they found in memory. A unit
// that is too long even so is read a second time, from the cache as far as it got.

template <class Pass, class T, class Source>
__device__ void part_of_unit(const Pass& pass, const Block& team, const Walk<T>& walk, int part,
                             Source source) {
    typedef typename Pass::Found Found;
    int parts = (int)pass.shape.parts;
    double* messages = pass.messages + 3 * parts * walk.unit;
    unsigned* arrived = pass.arrived + walk.unit;
    auto known = pass.known(walk.unit);
    Found mine = pass.find(known, team, walk, source);
    if (team.rank == 0) {
        *(Found*)(messages + 3 * part) = mine;
        announce(arrived);
        wait_for(arrived, parts);
    }
    team.sync();
    Found whole = merged<Found>(team, parts, [&](int block) -> Found {
        const double* theirs = messages + 3 * block;
        return {__ldcg(theirs), __ldcg(theirs + 1), __ldcg(theirs + 2)};
    });
    pass.finish(known, whole, team, walk, source, part == 0);
}

template <class Pass, bool ON_CHIP> __global__ void __launch_bounds__(256, 2) split(Pass pass) {
    SHARED_MEMORY(chip);
    Block team((Scratch*)chip);
    int parts = (int)pass.shape.parts, part = blockIdx.x % parts, shares = gridDim.x / parts;
    int share = blockIdx.x / parts;
    for (long long unit = share; share < shares && unit < pass.shape.C; unit += shares) {
        Walk<typename Pass::Entry> walk(pass.shape, unit, part, team.rank, team.size);
        if (ON_CHIP) {
            auto source = fetch(pass, walk, team.scratch);
            wait_for_copies();
            team.sync();
            part_of_unit(pass, team, walk, part, source);
            team.sync();  // everybody is done with what waits on chip
        } else {
            part_of_unit(pass, team, walk, part, pass.in_memory());
        }
    }
}

// ---- Test time. The statistics are given: nothing is summed, every entry is read and written once.

template <class T, bool RELU> struct Inference {
    Shape shape;  // every group of every unit as a row of its own
    long long units;
    const T* Z;
    T* out;
    const Real<T>*scale, *shift, *center;
};

template <class T, bool RELU, bool WARP>
__global__ void __launch_bounds__(256, 4) inference(Inference<T, RELU> job) {
    Team<WARP> team(nullptr);
    int teams = blockDim.x / team.size;
    long long unit = (long long)blockIdx.x * teams + threadIdx.x / team.size;
    if (unit >= job.units) return;
    Affine<Real<T>> f = {job.scale[unit], job.center[unit], job.shift[unit]};
    for (long long row = blockIdx.z * job.units + unit; row < job.shape.C; row += gridDim.z * job.units) {
        Walk<T> walk(job.shape, row, blockIdx.y, team.rank, team.size);
        apply<RELU>(f, walk, InMemory<T>{{job.Z, nullptr}}, job.out);
    }
}
