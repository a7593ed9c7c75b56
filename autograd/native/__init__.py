"""What is compiled, the Value and the kernel, and the generator of their C text; `autograd.compiled` takes them where they were built."""
