"""The workloads ode_solve and ode_solve_one, as peers.py states and times its own.

    python ode_solve.py jax|torch|scipy [workload ...]     prints one JSON object a line
    python ode_solve.py record > ../test/fixtures/ode-solve.json     the solutions, in float64 by SciPy's DOP853

Lotka and Volterra's equations x' = 1.5 x - x y, y' = x y - 3 y from t = 0 to 10, Dormand and Prince's method of order 5 with
rtol = atol = 1e-6, float32 (SciPy: float64): the states at the end of 1,024 solves, each with step sizes of its own, and of one.
PyTorch solves the batch with one step size for all, since torchdiffeq has no other; SciPy solves one after the other.
"""
import json, sys
import numpy as np
import peers

SIZES = {"ode_solve": 1024, "ode_solve_one": 1}


def starts(normals, size):
    return np.exp(0.25 * normals(size, 2)).astype("float32")


def jax_solver(y0):
    import diffrax, jax, jax.numpy as jnp
    def field(t, y, args):
        return jnp.stack([1.5 * y[0] - y[0] * y[1], y[0] * y[1] - 3.0 * y[1]])
    def one(y):
        return diffrax.diffeqsolve(diffrax.ODETerm(field), diffrax.Dopri5(), 0.0, 10.0, None, y, max_steps=4096,
                                   stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-6)).ys[0]
    solve, data = jax.jit(jax.vmap(one)), jnp.asarray(y0)
    return lambda: float(solve(data)[0, 0])


def torch_solver(y0):
    import torch
    from torchdiffeq import odeint
    torch.set_num_threads(peers.THREADS)
    data, times = torch.tensor(y0), torch.tensor([0.0, 10.0])
    def field(t, y):
        meeting = y[:, 0] * y[:, 1]
        return torch.stack([1.5 * y[:, 0] - meeting, meeting - 3.0 * y[:, 1]], 1)
    def run():
        with torch.no_grad():
            return float(odeint(field, data, times, rtol=1e-6, atol=1e-6, method="dopri5")[-1, 0, 0])
    return run


def scipy_ends(y0, **how):
    from scipy.integrate import solve_ivp
    field = lambda t, y: [1.5 * y[0] - y[0] * y[1], y[0] * y[1] - 3.0 * y[1]]
    return [solve_ivp(field, (0.0, 10.0), y, **how).y[:, -1] for y in y0.astype("float64")]


def scipy_solver(y0):
    return lambda: float(scipy_ends(y0, method="RK45", rtol=1e-6, atol=1e-6)[0][0])


SOLVERS = {"jax": (jax_solver, "jax(diffrax)", 50), "torch": (torch_solver, "torch(torchdiffeq)", 10), "scipy": (scipy_solver, "scipy", 3)}


def record():
    """Ends of 64 solves from numbers that @bdl/core draws too."""
    import jax
    y0 = starts(lambda *s: np.asarray(jax.random.normal(jax.random.key(0), s)), 1024)[:64]
    ends = scipy_ends(y0, method="DOP853", rtol=1e-12, atol=1e-12)
    print(json.dumps({"source": "ode_solve.py record: SciPy DOP853, rtol = atol = 1e-12, float64", "ends": [[float(v) for v in e] for e in ends]}))


if __name__ == "__main__":
    peer, *wanted = sys.argv[1:]
    if peer == "record":
        record()
    else:
        solver, name, repeats = SOLVERS[peer]
        for workload in wanted or SIZES:
            step = solver(starts(peers.normal, SIZES[workload]))
            peers.report(workload, name, step, repeats if SIZES[workload] > 1 else 5 * repeats)
