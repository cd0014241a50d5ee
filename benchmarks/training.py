"""A training step of 784-512-256-10: bnkit's, PyTorch's, and its products and bytes in bare NumPy."""

import itertools
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import click
import numpy as np
from timing import Report, in_turn, tell

import bnkit
from bnkit.optimizers import GradientDescent

DIMS = [784, 512, 256, 10]
BATCHES = (32, 128, 512, 2048)
OPTIMIZERS: dict[str, Callable[[], GradientDescent]] = {
    "gradient descent": lambda: bnkit.GradientDescent(0.1),
    "Adam": lambda: bnkit.Adam(0.001),
}
Job = Callable[[], Any]


def draw(m: int) -> tuple[Any, Any]:
    """Draw a mini-batch of m examples, and their classes."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((DIMS[0], m), np.float32), rng.integers(0, DIMS[-1], m)


def our_step(m: int, optimizer: GradientDescent, device: str) -> Job:
    """Return a training step of a network with batch norm."""
    X, labels = draw(m)
    network = bnkit.Network(DIMS, rng=np.random.default_rng(1), dtype=np.float32).to(device)
    X, Y = (bnkit.to_device(x, device) for x in (X, bnkit.one_hot(labels, DIMS[-1], np.float32)))
    return lambda: bnkit.train_step(network, X, Y, optimizer)


def formulas_step(m: int, optimizer: str) -> Job:
    """Return the same step layer by layer, as `Network` and `bnkit.optimizers` have it to be read."""
    X, labels = draw(m)
    Y = bnkit.one_hot(labels, DIMS[-1], np.float32)
    network = bnkit.Network(DIMS, rng=np.random.default_rng(1), dtype=np.float32)
    averages = {name: (np.zeros_like(x), np.zeros_like(x)) for name, x in network.parameters.items()}
    steps = itertools.count(1)

    def updated(name: str, theta: Any, dtheta: Any, t: int) -> Any:
        if optimizer == "gradient descent":
            return bnkit.gradient_descent_update(theta, dtheta, 0.1)
        theta, *averages[name] = bnkit.adam_update(theta, dtheta, *averages[name], t, 0.001)
        return theta

    def step() -> None:
        network.cost(X, Y, training=True)
        gradients, t = network.backward(Y), next(steps)
        network.parameters = {
            name: updated(name, theta, gradients[f"d{name}"], t) for name, theta in network.parameters.items()
        }

    return step


def torch_step(m: int, optimizer: str, device: str, fused: bool = False, compiled: bool = False) -> Job:
    """Return the same step in PyTorch, eager; or with its way forward and back through torch.compile."""
    import torch
    from torch import nn

    hidden = [
        layer
        for n_prev, n in itertools.pairwise(DIMS[:-1])
        for layer in (nn.Linear(n_prev, n, bias=False), nn.BatchNorm1d(n), nn.ReLU())
    ]
    where = "cuda" if device == "gpu" else "cpu"
    model = nn.Sequential(*hidden, nn.Linear(DIMS[-2], DIMS[-1])).to(where)
    kinds: dict[str, Any] = {
        "gradient descent": lambda p: torch.optim.SGD(p, 0.1),
        "Adam": lambda p: torch.optim.Adam(p, 0.001, fused=fused or None),
    }
    descent, cost_of = kinds[optimizer](model.parameters()), nn.CrossEntropyLoss()
    run = torch.compile(model) if compiled else model
    X, labels = draw(m)
    x, y = torch.tensor(X.T.copy(), device=where), torch.tensor(labels, device=where)

    def step():
        descent.zero_grad()
        cost = cost_of(run(x), y)
        cost.backward()
        descent.step()
        return cost

    return step


def products(m: int) -> list[tuple[Any, Any]]:
    """Return what a step multiplies: going forward, for gradients of weights, and for those of inputs."""
    rng = np.random.default_rng(2)
    pairs = []
    for n_prev, n in itertools.pairwise(DIMS):
        W, A_prev, dZ = (
            rng.standard_normal(shape, np.float32) for shape in ((n, n_prev), (n_prev, m), (n, m))
        )
        pairs += [(W, A_prev), (dZ, A_prev.T)] + ([(W.T, dZ)] if n_prev != DIMS[0] else [])
    return pairs


def product_jobs(m: int, with_torch: bool) -> dict[str, Job]:
    """Return nothing but those products, in NumPy and in PyTorch's own layout."""
    ours = [(A, B, np.empty((A.shape[0], B.shape[1]), np.float32)) for A, B in products(m)]

    def in_numpy():
        for A, B, out in ours:
            np.matmul(A, B, out=out)

    if not with_torch:
        return {"products, NumPy": in_numpy}
    import torch

    # Examples are rows there: each product is the transposed one, of the transposed factors.
    theirs = [
        (torch.from_numpy(B).T, torch.from_numpy(A).T, torch.empty(B.shape[1], A.shape[0]))
        for A, B in products(m)
    ]

    def in_torch():
        for A, B, out in theirs:
            torch.matmul(A, B, out=out)

    return {"products, NumPy": in_numpy, "products, PyTorch": in_torch}


def skeleton(m: int, optimizer: str) -> Job:
    """Return those products in NumPy, with a copy or a sum where batch norm and the updates stand.

    Each array is read and written as often as they have to, by one core.
    """
    rng = np.random.default_rng(3)

    def draw_all(shapes: Any) -> list[Any]:
        return [rng.standard_normal(shape, np.float32) for shape in shapes]

    ways = list(itertools.pairwise(DIMS))
    weights, slopes, moved, v, s = (draw_all((n, n_prev) for n_prev, n in ways) for _ in range(5))
    Z, dZ = (draw_all((n, m) for n in DIMS[1:]) for _ in range(2))
    A, dA = (draw_all((n, m) for n in DIMS[:-1]) for _ in range(2))

    def step() -> None:
        for k, W in enumerate(weights):
            np.matmul(W, A[k], out=Z[k])
            if k + 1 < len(A):
                np.copyto(A[k + 1], Z[k])
        for k in reversed(range(len(weights))):
            np.matmul(dZ[k], A[k].T, out=slopes[k])
            if k > 0:
                np.matmul(weights[k].T, dZ[k], out=dA[k])
                np.add(Z[k - 1], dA[k], out=dZ[k - 1])
        for k, W in enumerate(weights):
            np.add(W, slopes[k], out=moved[k])
            for average in (v[k], s[k]) if optimizer == "Adam" else ():
                np.negative(average, out=average)

    return step


def check_numbers(device: str) -> None:
    """Compare a step through the kernels with one through the formulas, in float64."""
    X, labels = draw(64)
    Y = bnkit.one_hot(labels, DIMS[-1])
    network, like = (bnkit.Network(DIMS, rng=np.random.default_rng(1)) for _ in range(2))
    moved = network.to(device)
    cost, gradients = moved.cost_and_gradients(*(bnkit.to_device(x, device) for x in (X.astype(float), Y)))
    exact = like.cost(X, Y, training=True)
    like.backward(Y)
    errors = [
        float(np.abs(bnkit.to_numpy(gradients[name]) - says).max() / np.abs(says).max())
        for name, says in like.gradients.items()
    ]
    if abs(float(cost) - exact) > 1e-9 * exact or max(errors) > 1e-6:
        raise click.ClickException(
            f"the step is wrong: cost {float(cost)}, expected {exact}; {max(errors):.1e}"
        )


def timed(
    m: int, optimizer: str, with_torch: bool, compiled: bool, device: str, rounds: int
) -> dict[str, Any]:
    """Return a row: milliseconds a step, and shares of PyTorch's time."""
    wait = _waiting(device)
    jobs = {"ours": wait(our_step(m, OPTIMIZERS[optimizer](), device))}
    if with_torch:
        jobs["PyTorch"] = wait(torch_step(m, optimizer, device))
        if optimizer == "Adam":
            jobs["PyTorch, fused Adam"] = wait(torch_step(m, optimizer, device, fused=True))
        if compiled:
            jobs["PyTorch, compiled"] = wait(torch_step(m, optimizer, device, compiled=True))
    if device == "cpu":
        jobs["formulas"] = formulas_step(m, optimizer)
        jobs |= product_jobs(m, with_torch)
        jobs["skeleton"] = skeleton(m, optimizer)
    timings = in_turn(jobs, rounds, seconds=0.05)
    row: dict[str, Any] = {"what": f"{optimizer}, {m} examples"}
    row |= {f"{name}, ms": 1e3 * timings.median(name) for name in jobs if name != "PyTorch, fused Adam"}
    if with_torch:
        row["ours / PyTorch"] = timings.ratio("ours", "PyTorch")
        if compiled:
            row["ours / PyTorch, compiled"] = timings.ratio("ours", "PyTorch, compiled")
        if device == "cpu":
            row["products, NumPy / PyTorch"] = timings.ratio("products, NumPy", "PyTorch")
            row["skeleton / PyTorch"] = timings.ratio("skeleton", "PyTorch")
        fused = "PyTorch, fused Adam" in jobs
        row["ours / PyTorch, fused Adam"] = timings.ratio("ours", "PyTorch, fused Adam") if fused else "-"
    return row


def _waiting(device: str) -> Callable[[Job], Job]:
    """Return what makes a job wait for the GPU, so that its time is that of the work."""
    if device == "cpu":
        return lambda job: job
    import cupy

    def wait(job: Job) -> Job:
        def done():
            job()
            cupy.cuda.Device().synchronize()

        return done

    return wait


@click.command()
@click.option("--quick", is_flag=True, help="Three rounds instead of eleven.")
@click.option("--compiled", is_flag=True, help="Also time torch.compile, which needs a C++ compiler.")
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default="cpu", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--markdown", is_flag=True, help="Print the table as RESULTS.md has it.")
def main(quick: bool, compiled: bool, device: str, as_json: bool, markdown: bool) -> None:
    """Check the numbers of a training step, then time it against PyTorch, eager.

    The steps take turns in one process. A ratio is the median over the rounds; "ours / PyTorch" of 0.8 says
    that ours takes four fifths of PyTorch's time. The products are what no step in NumPy gets by without. The
    skeleton is those, with NumPy's copies and sums, on one core, in place of batch norm and the updates: a
    step without a network around it. It is no lower bound, because two cores move bytes faster.

    \b
    Examples:
      python benchmarks/training.py --quick
      python benchmarks/training.py --device gpu --markdown
    """
    with_torch = find_spec("torch") is not None
    if not with_torch:
        click.echo("PyTorch is not installed, so there is no peer: pip install '.[peers]'", err=True)
    if device == "gpu" and not bnkit.gpu_available():
        raise click.UsageError("there is no GPU here, or no CuPy to use it with: pip install '.[gpu]'")
    check_numbers(device)
    rows = []
    for optimizer in OPTIMIZERS:
        for m in BATCHES:
            rows.append(timed(m, optimizer, with_torch, compiled, device, 3 if quick else 11))
            click.echo(f"{optimizer}, {m} examples: done", err=True)
    tell(
        [Report(f"A training step of {'-'.join(map(str, DIMS))} in float32, {device}", rows)],
        as_json,
        markdown,
    )


if __name__ == "__main__":
    main()
