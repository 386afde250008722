"""What the workloads of peers.py compute, from numbers that @bdl/core draws too: the truth of test/workloads.test.ts.

    python record.py > ../test/fixtures/steps.json

peers.py itself is run, with two changes: its n-th array of random numbers is that of the JAX key n, and instead of being
timed the first calls of a step are recorded: losses, and parameters at the end, whose leaves, in JAX's order, are taken for
one vector, of which the norm and four projections onto normals are kept.
The sampler that adapts takes paths of its own: of it the log joint is kept, and how hard it works.
A workload of both peers that draws nothing in a step is run in PyTorch too, and its losses are kept.
"""
import inspect, json, sys
import numpy as np
import jax
import peers

STEPS = 5
TRANSITIONS = 20
RUNS = 20
block = -1


def next_key():
    global block
    block += 1
    return jax.random.key(block)


class Draws:
    """Stands in for the generator of peers.py."""

    def integers(self, low, high, shape):
        return np.asarray(jax.random.randint(next_key(), np.atleast_1d(shape), low, high)).astype("int64")


peers.normal = lambda *shape: np.asarray(jax.random.normal(next_key(), shape))
peers.rng = Draws()


def fingerprint(tree):
    """Norm and projections of the leaves as one vector, in float64."""
    vector = np.concatenate([np.asarray(leaf, "float64").ravel() for leaf in jax.tree.leaves(tree)])
    onto = [np.asarray(jax.random.normal(jax.random.key(1000 + i), (vector.size,)), "float64") for i in range(4)]
    return {"size": vector.size, "norm": float(np.linalg.norm(vector)), "projections": [float(vector @ o) for o in onto]}


def captured(name, table):
    """The function that peers.py would time."""
    global block
    block, box = -1, []
    peers.report = lambda workload, peer, step, repeats, per_call=1: box.append(step)
    table[name]()
    return box[0]


def record_training(name):
    run = inspect.getclosurevars(captured(name, jax_table)).nonlocals
    state, losses = run["box"][0], []
    for _ in range(STEPS):
        state, value = run["step"](state, *run["next_args"]())
        losses.append(float(value))
    return {"losses": losses, "position": fingerprint(state[0])}


def split_as_ours(key, n=2):
    """@bdl/inference splits a transition's key in three, of which BlackJAX's two are the first and the last. And the chain
    is short: in a longer one the rounding of an energy decides an acceptance some time, and paths part."""
    return split(key, 3)[np.array([0, 2])] if n == 2 else split(key, TRANSITIONS)


def record_chain(name):
    jax.random.split = split_as_ours
    run = captured(name, jax_table)
    box = inspect.getclosurevars(run).nonlocals["box"]
    start = box[0]
    run()
    jax.random.split = split
    end = box[0]
    return {"transitions": TRANSITIONS, "logDensities": [float(start.logdensity), float(end.logdensity)],
            "position": fingerprint(end.position)}


def sampler_run(mcmc, key):
    """What a call of MCMC.run does, its warm-up told apart: how hard the sampler works, and what its draws are worth."""
    from numpyro.diagnostics import effective_sample_size
    fields = ("num_steps", "accept_prob", "diverging")
    mcmc.warmup(key, extra_fields=fields, collect_warmup=True)
    warm_up = mcmc.get_extra_fields()["num_steps"].sum()
    mcmc.run(mcmc.post_warmup_state.rng_key, extra_fields=fields)
    extra, draws = mcmc.get_extra_fields(), mcmc.get_samples()
    mu, log_tau = np.asarray(draws["mu"], "float64"), np.log(np.asarray(draws["tau"], "float64"))
    return {"warmUpSteps": warm_up, "steps": extra["num_steps"].sum(), "acceptance": extra["accept_prob"].mean(),
            "divergences": extra["diverging"].sum(), "stepSize": mcmc.last_state.adapt_state.step_size,
            "mu": mu.mean(), "logTau": log_tau.mean(),
            "essMu": effective_sample_size(mu[None]), "essLogTau": effective_sample_size(log_tau[None])}


def record_sampler(name):
    """Draws of another sampler differ: the log joint at points, and mean and standard deviation over runs of each figure."""
    from numpyro.infer.util import initialize_model
    mcmc = inspect.getclosurevars(captured(name, jax_table)).nonlocals["mcmc"]
    potential = initialize_model(jax.random.key(0), mcmc.sampler.model).potential_fn
    x = [np.asarray(jax.random.normal(jax.random.key(i), (10,))) for i in range(5)]
    log_joint = [-float(potential({"mu": v[0], "tau": v[1], "eta": v[2:]})) for v in x]
    runs = [sampler_run(mcmc, key) for key in split(jax.random.key(0), RUNS)]
    figures = {k: [float(run[k]) for run in runs] for k in runs[0]}
    return {"points": [v.tolist() for v in x], "logJoint": log_joint, "runs": RUNS,
            "figures": {k: {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1))} for k, v in figures.items()}}


def torch_losses(name):
    step = captured(name, torch_table)
    return [step() for _ in range(STEPS)]


split = jax.random.split
jax_table, torch_table = peers.jax_workloads(), peers.torch_workloads()
found = {name: record_training(name) for name in ["realnvp_step", "bbb_step", "ensemble_step", "ffjord_step"]}
found["hmc_bnn"] = record_chain("hmc_bnn")
found["nuts_eight_schools"] = record_sampler("nuts_eight_schools")
for name in ["realnvp_step", "ensemble_step", "ffjord_step"]:
    found[name]["torchLosses"] = torch_losses(name)
versions = ", ".join(f"{m} {sys.modules[m].__version__}" for m in ["jax", "torch", "blackjax", "numpyro", "diffrax"])
print(json.dumps({"source": f"record.py with {versions}; float32", **found}, indent=1))
