// Traces TensorFlow.js programs into a graph, transforms them (grad, vjp, vmap), compiles and runs them.
export {}
