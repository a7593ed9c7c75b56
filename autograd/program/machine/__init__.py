"""Machine code: recorded programs compiled by LLVM, where `llvmlite` is installed."""
