"""Losses of the workload realnvp_step in float64 JAX, from parameters and data that a formula gives.

    python record_realnvp.py > ../test/fixtures/realnvp-losses.json

Entry i of a block numbered b is sin(1 + i + 37 b) times the block's scale; blocks count the arrays in the order w, b of each
layer of each coupling (scale 1/sqrt(inputs) for w, 0.1 for b), and last the data, 16 rows, of scale 2.
The loss and Adam are those of peers.py, written out again; float64 throughout.
"""
import json
import jax, jax.numpy as jnp, numpy as np

jax.config.update("jax_enable_x64", True)
SIZES, COUPLINGS, ROWS, STEPS = [1, 64, 64, 2], 8, 16, 25
count = -1


def block(shape, scale):
    global count
    count += 1
    return scale * np.sin(1.0 + np.arange(np.prod(shape)) + 37 * count).reshape(shape)


params = [[(block((a, b), a ** -0.5), block((b,), 0.1)) for a, b in zip(SIZES, SIZES[1:])] for _ in range(COUPLINGS)]
x = jnp.asarray(block((ROWS, 2), 2.0))


def mlp(layers, h):
    for w, b in layers[:-1]:
        h = jnp.tanh(h @ w + b)
    return h @ layers[-1][0] + layers[-1][1]


def loss(ps):
    logdet, z = 0.0, x
    for k, p in enumerate(ps):
        a, b = z[:, k % 2:k % 2 + 1], z[:, 1 - k % 2:2 - k % 2]
        out = mlp(p, a)
        s = jnp.tanh(out[:, :1])
        b = b * jnp.exp(s) + out[:, 1:]
        logdet = logdet + s[:, 0]
        z = jnp.concatenate([a, b] if k % 2 == 0 else [b, a], 1)
    return -jnp.mean(-0.5 * jnp.sum(z * z, 1) - jnp.log(2 * jnp.pi) + logdet)


@jax.jit
def step(params, m, v, t):
    value, grads = jax.value_and_grad(loss)(params)
    t = t + 1
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, grads)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, grads)
    new = jax.tree.map(lambda p, a, b: p - 1e-3 * (a / (1 - 0.9 ** t)) / (jnp.sqrt(b / (1 - 0.999 ** t)) + 1e-8), params, m, v)
    return new, m, v, t, value


zeros = jax.tree.map(jnp.zeros_like, params)
state = (params, zeros, zeros, jnp.float64(0))
losses = []
for _ in range(STEPS):
    *state, value = step(*state)
    losses.append(float(value))
print(json.dumps({"source": f"record_realnvp.py, JAX {jax.__version__}, float64", "rows": ROWS, "losses": losses}, indent=1))
