"""Wrong answers to the exercises of notebook 05 that no list of misconceptions holds."""

MUTANTS: dict[str, list[str]] = {
    "momentum_update": [
        "lambda th, d, v, alpha, beta1=0.9: momentum_update(th, d**2, v, alpha, beta1)",
        "lambda th, d, v, alpha, beta1=0.9: momentum_update(th, d, v, alpha, beta1**2)",
        "lambda th, d, v, alpha, beta1=0.99: momentum_update(th, d, v, alpha, beta1)",
        "lambda th, d, v, alpha, beta1=0.9: momentum_update(th, d, v, alpha, beta1)[0]",
        "lambda th, d, v, alpha, beta1=0.9: momentum_update(th, np.sign(d), v, alpha, beta1)",
        "lambda th, d, v, alpha, beta1=0.9: (th - alpha * v / (1 - beta1), v)",
        "lambda th, d, v, alpha, beta1=0.9: momentum_update(th, d / np.linalg.norm(d), v, alpha, beta1)",
    ],
    "rmsprop_update": [
        "lambda th, d, s, alpha, beta2=0.9, eps=1e-8: rmsprop_update(th, d, s, alpha, beta2, eps)",
        "lambda th, d, s, alpha, beta2=0.999, eps=1e-5: rmsprop_update(th, d, s, alpha, beta2, eps)",
        "lambda th, d, s, alpha, beta2=0.999, eps=1e-8: "
        "rmsprop_update(th, d, np.maximum(s, d**2), alpha, beta2, eps)",
        "lambda th, d, s, alpha, beta2=0.999, eps=1e-8: rmsprop_update(th, np.sign(d), s, alpha, beta2, eps)",
        "lambda th, d, s, alpha, beta2=0.999, eps=1e-8: rmsprop_update(th, d, s**0.5, alpha, beta2, eps)",
        "lambda th, d, s, alpha, beta2=0.999, eps=1e-8: rmsprop_update(th, d, s, alpha, beta2, 2 * eps)",
    ],
    "adam_update": [
        "lambda th, d, v, s, t, alpha, beta1=0.99, beta2=0.999, eps=1e-8: "
        "adam_update(th, d, v, s, t, alpha, beta1, beta2, eps)",
        "lambda th, d, v, s, t, alpha, beta1=0.9, beta2=0.99, eps=1e-8: "
        "adam_update(th, d, v, s, t, alpha, beta1, beta2, eps)",
        "lambda th, d, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-5: "
        "adam_update(th, d, v, s, t, alpha, beta1, beta2, eps)",
        "lambda th, d, v, s, t, *more, **given: adam_update(th, d, v, s, min(t, 10), *more, **given)",
        "lambda th, d, v, s, t, alpha, **given: adam_update(th, d, v, s, t, alpha / t**0.5, **given)",
        "lambda th, d, v, s, *more, **given: adam_update(th, d, v, np.maximum(s, d**2), *more, **given)",
        "lambda th, d, v, s, *more, **given: adam_update(th, d + 0.01 * th, v, s, *more, **given)",
        "lambda *all, **given: adam_update(*all, **given)[0]",
        "lambda *all, **given: (np.where(all[1] == 0, all[0], adam_update(*all, **given)[0]), "
        "*adam_update(*all, **given)[2:0:-1])",
    ],
    "update_all": [
        "lambda p, g, state, t, alpha: "
        "update_all(p, {k: np.clip(x, -1, 1) for k, x in g.items()}, state, t, alpha)",
        "lambda p, g, state, t, alpha: update_all(p, g, state, t, alpha / t)",
        "lambda p, g, state, t, alpha: update_all(p, g, state if t < 3 else {}, t, alpha)",
        "lambda p, g, state, t, alpha: update_all(p, g, state, t, alpha)[0]",
        "lambda p, g, state, t, alpha: "
        "({k: x.ravel() for k, x in update_all(p, g, state, t, alpha)[0].items()}, state)",
        "(lambda kept: lambda p, g, state, t, alpha: "
        "(lambda u: (kept.update(u[1]), u)[1])(update_all(p, g, kept, t, alpha)))({})",
        "lambda p, g, state, t, alpha: "
        "update_all({k: x for k, x in p.items() if k != 'W10'}, g, state, t, alpha)",
        "lambda p, g, state, t, alpha: "
        "update_all(p, {k: x + 1e-4 * p[k[1:]] for k, x in g.items()}, state, t, alpha)",
    ],
    "train_epoch": [
        "lambda X, Y, p, alpha, size, rng, eps=1e-5: train_epoch(X, Y, p, alpha, size + 1, rng, eps)",
        "lambda X, Y, p, alpha, size, rng, eps=1e-5: train_epoch(X, Y, p, alpha, size, rng, 2 * eps)",
        "lambda X, Y, p, *more, **eps: (train_epoch(X, Y, p, *more, **eps)[0], "
        "train_epoch(X, Y, p, *more, **eps)[1])",
        "lambda *all, **eps: (train_epoch(*all, **eps)[0], np.log(train_epoch(*all, **eps)[1]))",
        "lambda *all, **eps: (lambda p, c: (p, c[1:] + c[:1]))(*train_epoch(*all, **eps))",
        "lambda *all, **eps: (lambda p, c: (p, [np.array([x]) for x in c]))(*train_epoch(*all, **eps))",
        "lambda *all, **eps: train_epoch(*all, **eps)[0]",
        "lambda X, Y, p, alpha, *more, **eps: train_epoch(X, Y, p, 0.9 * alpha, *more, **eps)",
        "lambda X, Y, p, *more, **eps: train_epoch(X, Y[::-1], p, *more, **eps)",
    ],
    "expose_adam": [
        "lambda: None",
        "lambda: 1e-6",
        "lambda: np.array([[1e-6]])",
        "lambda: np.array([np.inf, 1e-6])",
        "lambda: np.array([1.0, 1e-6])",
        "lambda: np.full(20_000, 1e-6)",
    ],
}
