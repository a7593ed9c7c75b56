"""The compiled parts, the Value and the kernel, and the generator of their C text; `autograd.compiled` imports those that were built."""
